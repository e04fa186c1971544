import { createRequire } from 'node:module';
import type Database from 'better-sqlite3';
import { EspalierError } from '../../model/index.ts';

type Sqlite = typeof Database;

const require = createRequire(import.meta.url);

/**
 * Loads the SQLite driver on first use, so that commands which need no ledger start without it.
 * @throws EspalierError `ledger-driver` where the installed driver would crash this Node.
 */
export function loadSqlite(): Sqlite {
  const installed: { readonly version: string } = require('better-sqlite3/package.json');
  refuseCrashingDriver(process.versions.node, installed.version);
  const driver: Sqlite = require('better-sqlite3');
  return driver;
}

/** better-sqlite3 13 ends Node 20 with a segmentation fault and no message, so it must not even be loaded there. */
export function refuseCrashingDriver(node: string, driver: string): void {
  if (major(node) >= 22 || major(driver) < 13) return;
  throw new EspalierError(
    'ledger-driver',
    `better-sqlite3 \`${driver}\` does not work with Node \`${node}\`: it needs Node 22 or later`,
    { fault: 'ledger', hint: 'Run `npm install better-sqlite3@12`, or use Node 22 or later.' },
  );
}

function major(version: string): number {
  return Number.parseInt(version, 10);
}
