import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { shellQuote } from '../../templates/index.ts';
import type { FetchedFile } from './transport.ts';

/** Shell that prints of each file a line `INDEX SIZE` and its bytes, or `INDEX -` where there is none; at the end `end`. */
export function emitFiles(files: readonly FetchedFile[]): string {
  return [
    'emit() {',
    '  if [ -f "$2" ] && [ -r "$2" ]; then size=$(wc -c <"$2"); echo "$1 $((size))"; head -c "$((size))" <"$2"',
    '  else echo "$1 -"; fi',
    '}',
    ...files.map(({ sitePath }, index) => `emit ${index} ${shellQuote(sitePath)}`),
    'echo end',
  ].join('\n');
}

interface Open {
  readonly index: number;
  readonly handle: FileHandle;
  readonly hash: Hash;
  readonly part: string;
  left: number;
}

/** Takes what `emitFiles` prints, in pieces of any size, and puts each file into place when all of it is there. */
export class FileUnpacker {
  readonly #files: readonly FetchedFile[];
  readonly #made: (string | undefined)[] = [];
  #line = Buffer.alloc(0);
  #open: Open | undefined;
  #isWhole = false;

  constructor(files: readonly FetchedFile[]) {
    this.#files = files;
  }

  async take(chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (rest.length > 0 && !this.#isWhole)
      rest = this.#open === undefined ? await this.#takeLine(rest) : await this.#takeBytes(rest, this.#open);
  }

  /** Whether all was there; what was begun and not ended is removed. */
  async end(): Promise<{ readonly isWhole: boolean; readonly made: readonly (string | undefined)[] }> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) {
      await open.handle.close();
      await rm(open.part, { force: true });
    }
    return { isWhole: this.#isWhole, made: this.#made };
  }

  async #takeLine(bytes: Buffer): Promise<Buffer> {
    const at = bytes.indexOf(10);
    this.#line = Buffer.concat([this.#line, at < 0 ? bytes : bytes.subarray(0, at)]);
    if (at < 0) return Buffer.alloc(0);
    const text = this.#line.toString('latin1');
    this.#line = Buffer.alloc(0);
    if (text === 'end') this.#isWhole = true;
    const [, index, size] = /^(\d+) (\d+)$/.exec(text) ?? [];
    if (index !== undefined) await this.#begin(Number(index), Number(size));
    return bytes.subarray(at + 1);
  }

  async #begin(index: number, size: number): Promise<void> {
    const file = this.#files[index];
    if (file === undefined) return;
    const part = `${file.localPath}.part`;
    await mkdir(dirname(file.localPath), { recursive: true });
    const open_ = { index, part, left: size, hash: createHash('sha256'), handle: await open(part, 'w') };
    this.#open = open_;
    if (size === 0) await this.#finish(open_);
  }

  async #takeBytes(bytes: Buffer, open: Open): Promise<Buffer> {
    const own = bytes.subarray(0, open.left);
    open.left -= own.length;
    open.hash.update(own);
    await open.handle.write(own);
    if (open.left === 0) await this.#finish(open);
    return bytes.subarray(own.length);
  }

  async #finish({ index, handle, hash, part }: Open): Promise<void> {
    this.#open = undefined;
    await handle.close();
    const file = this.#files[index];
    if (file === undefined) return;
    const made = hash.digest('hex');
    this.#made[index] = made;
    if (file.sha256 === undefined || file.sha256 === made) await rename(part, file.localPath);
    else await rm(part, { force: true });
  }
}
