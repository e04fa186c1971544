import { existsSync, statSync } from 'node:fs';
import { EspalierError } from '../../model/index.ts';
import { writeBackup } from './backup.ts';
import type { Migration } from './migrations.ts';
import type { Store } from './store.ts';

/** `espl` in ASCII, at byte 68 of the file, so that we and file(1) know our own. */
const applicationId = 0x6573706c;

/**
 * Brings the schema up to the last migration, in one transaction, after a backup beside the file. `rebuild` is
 * called after an older schema was raised: projections are cheap to write again, events are never touched.
 * @throws EspalierError `ledger-newer`, `ledger-older` (read-only), `ledger-not-a-database`
 */
export function migrate(
  store: Store,
  path: string,
  migrations: readonly Migration[],
  options: { readonly readonly: boolean; readonly rebuild: () => void },
): void {
  const found = readVersion(store, path);
  const newest = migrations.at(-1)?.version ?? 0;
  if (found > newest) throw newerSchema(path, found, newest);
  if (found === newest) return;
  if (options.readonly) throw olderSchema(path, found, newest);
  if (found > 0) backUpBefore(store, path, found);
  store.database
    .transaction(() => {
      // Another process may have done it while this one waited for the lock.
      const from = readVersion(store, path);
      for (const { sql, version } of migrations.filter((one) => one.version > from)) {
        store.database.exec(sql);
        store.database.pragma(`user_version = ${version}`);
      }
      store.database.pragma(`application_id = ${applicationId}`);
      if (from > 0 && from < newest) options.rebuild();
    })
    .immediate();
}

/** 0 for a file with nothing in it. */
function readVersion(store: Store, path: string): number {
  const version = Number(store.database.pragma('user_version', { simple: true }));
  const owner = Number(store.database.pragma('application_id', { simple: true }));
  const tables = store.one<{ n: number }>('select count(*) as n from sqlite_schema')?.n ?? 0;
  if (owner !== applicationId && (tables > 0 || owner !== 0 || version !== 0)) throw foreign(path);
  return version;
}

function backUpBefore(store: Store, path: string, version: number): void {
  const target = `${path}.schema-${version}`;
  if (!existsSync(target) || statSync(target).size === 0) writeBackup(store, target);
}

function foreign(path: string): EspalierError {
  return new EspalierError('ledger-not-a-database', `\`${path}\` is a database of another program`, {
    fault: 'ledger',
    hint: 'Name another file for the ledger; nothing was changed in this one.',
  });
}

function newerSchema(path: string, found: number, known: number): EspalierError {
  return new EspalierError(
    'ledger-newer',
    `the ledger \`${path}\` was written by a newer espalier (schema ${found}; this one knows ${known})`,
    { fault: 'ledger', hint: 'Update espalier; nothing was changed in the file.' },
  );
}

function olderSchema(path: string, found: number, wanted: number): EspalierError {
  return new EspalierError(
    'ledger-older',
    `the ledger \`${path}\` has schema ${found}, and this espalier reads ${wanted}`,
    {
      fault: 'ledger',
      hint: 'Open it once for writing (any `espalier run` or `resume`): a backup is made first.',
    },
  );
}
