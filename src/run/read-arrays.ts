import type { Backend } from '../backends/index.ts';
import type { LedgerEvent, RunId } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import { readPacked } from './read-packed.ts';

/**
 * What another driver of a run has sent: each array that is not known here, and the doubt whether it was submitted; the batch system
 * and the records will tell.
 */
export async function readArrays(
  folder: string,
  backend: Backend,
  run: RunId,
  known: ReadonlySet<string>,
): Promise<readonly LedgerEvent[]> {
  const arrays = shellQuote(`${folder}/arrays`);
  const script = `cd ${arrays} 2>/dev/null || exit 0\nfor each in */packed; do [ ! -f "$each" ] || cat "$each"; done`;
  const ran = await backend.transport.run(script);
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  return lines.flatMap((line): readonly LedgerEvent[] => {
    const packed = readPacked(line, folder, run);
    if (known.has(packed.array)) return [];
    const indices = packed.elements.flatMap((list, index) => (list.length > 0 ? [index] : []));
    return [packed, { kind: 'elements-submitting', run, array: packed.array, indices }];
  });
}
