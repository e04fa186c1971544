import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const folder = fileURLToPath(new URL('../migrations', import.meta.url));

/** The numbered SQL files beside this one, in order; the last one's number is the schema's version. */
export function readMigrations(from: string = folder): readonly Migration[] {
  return readdirSync(from)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      name,
      sql: readFileSync(`${from}/${name}`, 'utf8'),
    }));
}
