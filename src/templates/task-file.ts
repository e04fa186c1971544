/** Bytes of one line of the index, its newline included; the wrapper counts on it. */
const indexLine = 32;

/**
 * The file `tasks` (all elements' texts, one after another) and its `index`: a line of fixed width per element with
 * the place (bytes, from 1), the length (bytes) and the element's number.
 */
export class TaskFile {
  readonly #texts: string[] = [];
  readonly #lines: string[] = [];
  #place = 1;

  /** The text of the next element. */
  add(text: string): void {
    const length = Buffer.byteLength(text);
    this.#lines.push(`${`${this.#place} ${length} ${this.#texts.length}`.padEnd(indexLine - 1)}\n`);
    this.#texts.push(text);
    this.#place += length;
  }

  get tasks(): string {
    return this.#texts.join('');
  }

  get index(): string {
    return this.#lines.join('');
  }
}
