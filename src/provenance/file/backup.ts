import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { EspalierError } from '../../model/index.ts';
import { loadSqlite } from './load-sqlite.ts';
import type { Store } from './store.ts';

/**
 * A consistent copy while others go on writing. SQLite neither syncs what `vacuum into` writes nor removes it when
 * it is interrupted, so the copy is made under another name, synced, checked, and only then given its own.
 * @throws EspalierError `ledger-backup-exists`, `ledger-backup-damaged`
 */
export function writeBackup(store: Store, target: string): void {
  if (existsSync(target)) throw taken(target);
  const draft = `${target}.${process.pid}.part`;
  rmSync(draft, { force: true });
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    store.run('vacuum into ?', draft);
    chmodSync(draft, 0o600);
    checkCopy(draft);
    sync(draft);
    publish(draft, target);
    sync(dirname(target));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Never over a file that appeared meanwhile, where the file system has hard links. */
function publish(draft: string, target: string): void {
  try {
    linkSync(draft, target);
  } catch (error) {
    if (existsSync(target)) throw taken(target, error);
    renameSync(draft, target);
  }
}

function checkCopy(path: string): void {
  const Sqlite = loadSqlite();
  const copy = new Sqlite(path, { readonly: true });
  const verdict = copy.pragma('integrity_check', { simple: true });
  copy.close();
  if (verdict === 'ok') return;
  throw new EspalierError('ledger-backup-damaged', `the copy of the ledger is damaged: ${String(verdict)}`, {
    fault: 'ledger',
    hint: 'Run `espalier ledger check`, and write the backup to another disk.',
  });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

function taken(target: string, cause?: unknown): EspalierError {
  return new EspalierError('ledger-backup-exists', `\`${target}\` is there already`, {
    fault: 'ledger',
    hint: 'Name a file that does not exist yet; a backup never writes over another.',
    cause,
  });
}
