import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { stringify } from 'yaml';
import { z } from 'zod';
import { readYaml } from '../../documents/index.ts';
import { EspalierError } from '../../model/index.ts';

const lockSchema = z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/));

const header =
  '# What the tags of images mean here: written by espalier when a tag was first planned. Keep it beside the workflow;\n# take a line out to have its tag looked up again.\n';

/** Digests of tags by image, in a file beside the workflow: a tag means the same until a person says otherwise. */
export class TagLock {
  readonly #file: string;
  readonly #digests: Map<string, string>;
  #isChanged = false;

  private constructor(file: string, digests: Map<string, string>) {
    this.#file = file;
    this.#digests = digests;
  }

  static async open(file: string): Promise<TagLock> {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return new TagLock(file, new Map());
    const read = readYaml(text, file, lockSchema);
    if (read.ok) return new TagLock(file, new Map(Object.entries(read.value.value)));
    throw new EspalierError('bad-lock', `\`${file}\` is no list of images and their digests`, {
      fault: 'user',
      problems: read.problems,
      hint: 'mend it, or take it away: the tags are then looked up again',
    });
  }

  async digest(image: string, look: (image: string) => Promise<string>): Promise<string> {
    const known = this.#digests.get(image);
    if (known !== undefined) return known;
    const found = await look(image);
    this.#digests.set(image, found);
    this.#isChanged = true;
    return found;
  }

  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const sorted = [...this.#digests].sort(([a], [b]) => (a < b ? -1 : 1));
    await writeFileAtomic(this.#file, `${header}${stringify(Object.fromEntries(sorted))}`);
    this.#isChanged = false;
  }
}
