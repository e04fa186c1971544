import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fenced block of a page in `docs/`. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: how a test treats it. */
  readonly mark: string;
  readonly text: string;
  readonly line: number;
}

export function readBlocks(page: string): readonly Block[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```(\w+)[ ]?([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? '',
    mark: found[2] ?? '',
    text: found[3] ?? '',
    line: text.slice(0, found.index).split('\n').length,
  }));
}

/**
 * The first promised line that is not in the output, in order; undefined when all are. White space is one space, `…` is
 * anything, and a line may be a part of the line that was printed.
 */
export function firstUnkept(promised: string, output: string): string | undefined {
  const printed = output.split('\n').map(tight);
  let at = 0;
  for (const line of promised.split('\n').map(tight)) {
    if (line === '') continue;
    const pattern = new RegExp(line.split(/ ?… ?/).map(escaped).join('.*'));
    const found = printed.findIndex((each, i) => i >= at && pattern.test(each));
    if (found === -1) return line;
    // Two promises may be kept by one line, where a page breaks what a program prints in one.
    at = found;
  }
  return undefined;
}

function tight(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
