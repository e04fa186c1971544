import { writeSync } from 'node:fs';
import { Ledger } from '../../../src/provenance/index.ts';

/** Appends notes one at a time, and tells each once it is acknowledged, until it is killed or has `count`. */
export function main(path: string, name: string, count: string): void {
  const ledger = Ledger.open(path, { clock: () => 5 });
  for (let n = 1; n <= Number(count); n++) {
    ledger.append([{ kind: 'noted', about: name, note: `${n}` }]);
    writeSync(1, `${n}\n`);
  }
  ledger.close();
}
