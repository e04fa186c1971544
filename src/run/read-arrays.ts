import type { Backend } from '../backends/index.ts';
import { EspalierError, type LedgerEvent, type RunId } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';

type Packed = Extract<LedgerEvent, { kind: 'array-packed' }>;

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

/** It comes from a folder that others may have written to: its id becomes a job's name and a path. */
function readPacked(line: string, folder: string, run: RunId): Packed {
  try {
    const packed: Packed = JSON.parse(line);
    if (
      packed.kind === 'array-packed' &&
      packed.run === run &&
      isArrayOf(packed.array, run) &&
      Array.isArray(packed.elements)
    )
      return packed;
  } catch {
    // said below
  }
  throw new EspalierError(
    'run-unreadable',
    `\`${folder}/arrays\` holds a file \`packed\` that cannot be read as a fact of this run`,
    {
      hint: 'it was cut short or changed; the results in the folder are not touched',
    },
  );
}

function isArrayOf(array: string, run: RunId): boolean {
  return array.startsWith(`${run}.`) && /^[A-Za-z0-9._-]+$/.test(array);
}
