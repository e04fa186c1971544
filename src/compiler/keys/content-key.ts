import { sha256 } from './sha256.ts';

/** The content of one input: its place in the task, and its sha256 as 64 lower-case hex digits. */
export interface InputHash {
  readonly role: string;
  /** Position in its role, from 0. */
  readonly index: number;
  readonly sha256: string;
}

/**
 * The key of a result: equal keys mean that the same work was done on the same bytes. 64 hex digits.
 *
 * It is the sha256 of a text that a POSIX shell can write with `printf` alone: the line `espalier-key 1`, the static
 * key on a line, then a line `ROLE INDEX SHA256` per input, ordered by role (bytes) and index (number), each line
 * ended by a newline.
 */
export function contentKey(staticKey: string, inputs: readonly InputHash[]): string {
  return sha256(contentKeyText(staticKey, inputs));
}

function contentKeyText(staticKey: string, inputs: readonly InputHash[]): string {
  const lines = [...inputs].sort(byRoleThenIndex).map(inputLine);
  return ['espalier-key 1', staticKey, ...lines].map((line) => `${line}\n`).join('');
}

// Role names are ASCII, so that the order of code units is the order of bytes that `LC_ALL=C sort` gives.
function byRoleThenIndex(a: InputHash, b: InputHash): number {
  if (a.role !== b.role) return a.role < b.role ? -1 : 1;
  return a.index - b.index;
}

function inputLine(input: InputHash): string {
  const line = `${input.role} ${input.index} ${input.sha256}`;
  if (!/^[A-Za-z0-9_-]+ \d+ [0-9a-f]{64}$/.test(line)) {
    throw new RangeError(`\`${line}\` is not an input's role, index and sha256`);
  }
  return line;
}
