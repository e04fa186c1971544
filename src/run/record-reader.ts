import type { Backend } from '../backends/index.ts';
import type { RecordLine } from '../model/index.ts';
import { parseRecordLine } from '../scheduler/index.ts';

/** Reads the records of one run as they grow: only what is new comes over, and only complete lines count. */
export class RecordReader {
  readonly #backend: Backend;
  readonly #folder: string;
  readonly #offsets = new Map<string, number>();
  readonly #unfinished = new Map<string, Uint8Array>();
  readonly #lines = new Map<string, RecordLine[]>();

  constructor(backend: Backend, folder: string) {
    this.#backend = backend;
    this.#folder = folder;
  }

  /** One look. `changed`: the elements (`array/index`) with new lines; `unreadable`: lines that do not count. */
  async look(): Promise<{ readonly changed: ReadonlySet<string>; readonly unreadable: readonly string[] }> {
    const changed = new Set<string>();
    const unreadable: string[] = [];
    for (const [path, bytes] of await this.#backend.readNew(this.#folder, this.#offsets)) {
      this.#offsets.set(path, (this.#offsets.get(path) ?? 0) + bytes.length);
      const text = Buffer.concat([this.#unfinished.get(path) ?? new Uint8Array(), bytes]);
      const end = text.lastIndexOf(10) + 1;
      this.#unfinished.set(path, text.subarray(end));
      if (this.#take(path, text.subarray(0, end).toString('utf8'), unreadable)) changed.add(path);
    }
    return { changed, unreadable };
  }

  /** All complete lines so far, by element. */
  get lines(): ReadonlyMap<string, readonly RecordLine[]> {
    return this.#lines;
  }

  #take(path: string, text: string, unreadable: string[]): boolean {
    const known = this.#lines.get(path) ?? [];
    const before = known.length;
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const parsed = parseRecordLine(line);
      if (parsed.ok) known.push(parsed.line);
      else unreadable.push(`\`records/${path}\`: ${parsed.why}: ${line.slice(0, 200)}`);
    }
    this.#lines.set(path, known);
    return known.length > before;
  }
}
