import { appendFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { shownPath } from '../../formats/index.ts';
import { shareEngines } from './engine.ts';
import { ImagingError, UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import type { Arguments, RunLine } from './verb.ts';

/** One line of the file: an ordinary command, its relative paths counted from a folder of its own. */
interface Item {
  readonly item: number;
  readonly dir: string;
  readonly command: readonly string[];
}

/** Items on their way at a time: one is read or written while another is computed. */
const lanes = 2;

/** Options whose values are paths. */
const pathOptions = ['psf', 'otf', 'png'] as const;

/**
 * Runs many commands in one process, on an engine that stays open. As soon as an item is done or has failed, a line
 * `ITEM CODE` is added to `FILE.done`. The failure of one does not end the others; a lost device ends the process, and
 * what has no line then was not done.
 */
export async function runBatch({ files }: Arguments, streams: Streams, runLine: RunLine): Promise<void> {
  const [file, extra] = files;
  if (file === undefined || extra !== undefined) throw new UsageError('one FILE of JSON lines is wanted');
  const items = parseItems(readText(file), file);
  const report = (item: number, code: number): void =>
    appendFileSync(`${file}.done`, `${item} ${code}\n`, { flush: true });
  await shareEngines(lanes, async () => {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await runItem(item);
    };
    const runItem = async ({ item, dir, command }: Item): Promise<void> => {
      const own: Streams = {
        out: (line) => streams.out(`item ${item}: ${line}`),
        err: (line) => streams.err(`item ${item}: ${line}`),
      };
      const { code, lost } = await runLine(command.slice(1), own, (args) => inFolder(dir, args));
      report(item, code);
      if (!lost) return;
      next = items.length;
      throw new ImagingError('the device was lost: the items that were not reported have to be run again');
    };
    await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${shownPath(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parseItems(text: string, file: string): readonly Item[] {
  const items = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const item = parseItem(line);
    if (item === undefined)
      throw new UsageError(
        `line ${i + 1} of ${shownPath(file)} is no item: {"item":0,"dir":"/…","command":["espalier-imaging","deskew",…]} is wanted`,
      );
    return [item];
  });
  if (new Set(items.map(({ item }) => item)).size < items.length)
    throw new UsageError(`${shownPath(file)} names an item twice`);
  return items;
}

function parseItem(line: string): Item | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('item' in value && 'dir' in value && 'command' in value)) return undefined;
  const { item, dir, command } = value;
  if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < 0) return undefined;
  if (typeof dir !== 'string' || !Array.isArray(command)) return undefined;
  const words = command.filter((word) => typeof word === 'string');
  return words.length === command.length && words.length > 1 ? { item, dir, command: words } : undefined;
}

/** The same command, given from another folder. */
function inFolder(dir: string, { files, options }: Arguments): Arguments {
  const paths = pathOptions.flatMap((name) => {
    const value = options[name];
    return typeof value === 'string' ? [[name, resolve(dir, value)] as const] : [];
  });
  return {
    files: files.map((path) => resolve(dir, path)),
    options: { ...options, ...Object.fromEntries(paths) },
  };
}
