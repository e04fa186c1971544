/** Bytes of one line of the index, its newline included; the wrapper counts on it. */
const indexLine = 32;

/**
 * The file `tasks` (all elements' texts, one after another) and its `index`: a line of fixed width per element with
 * the place (bytes, from 1), the length (bytes) and the element's number.
 */
export function buildTaskFile(elements: Iterable<string>): {
  readonly tasks: string;
  readonly index: string;
} {
  const texts: string[] = [];
  const lines: string[] = [];
  let place = 1;
  for (const text of elements) {
    const length = Buffer.byteLength(text);
    lines.push(`${`${place} ${length} ${texts.length}`.padEnd(indexLine - 1)}\n`);
    texts.push(text);
    place += length;
  }
  return { tasks: texts.join(''), index: lines.join('') };
}
