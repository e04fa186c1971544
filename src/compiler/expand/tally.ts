import type { Problem } from '../../model/index.ts';

/**
 * The same thing wrong with a thousand items is one problem. A tally keeps, for each thing, how many items it befell
 * and the first three of them.
 */
export interface Tally {
  /** One item that something is wrong with; `render` is called once, when all items are known. */
  readonly note: (befallen: Befallen, render: (items: string) => Problem) => void;
  readonly add: (problem: Problem) => void;
  readonly problems: () => readonly Problem[];
}

interface Befallen {
  /** Tells one thing from another. */
  readonly what: string;
  /** Items are counted in the first step that is seen, so that an item on its way through three counts once. */
  readonly step: string;
  readonly label: string;
}

interface Entry {
  count: number;
  last: string | undefined;
  readonly step: string;
  readonly first: string[];
  readonly render: (items: string) => Problem;
}

const shown = 3;

export function startTally(): Tally {
  const entries = new Map<string, Entry>();
  const single: Problem[] = [];
  return {
    note: ({ what, step, label }, render) => {
      const entry = entries.get(what) ?? { count: 0, last: undefined, step, first: [], render };
      entries.set(what, entry);
      if (entry.step === step) countItem(entry, label);
    },
    add: (problem) => {
      single.push(problem);
    },
    problems: () => [
      ...single,
      ...[...entries.values()].map(({ count, first, render }) => render(nameItems(first, count))),
    ],
  };
}

/** Tasks come one after another: what befalls one twice comes twice in a row. */
function countItem(entry: Entry, label: string): void {
  if (entry.last === label) return;
  entry.last = label;
  entry.count++;
  if (entry.first.length < shown) entry.first.push(label);
}

/** One item → `` `a` ``; more → ``4 items (`a`, `b`, `c`, …)``. */
function nameItems(first: readonly string[], count: number): string {
  const names = first
    .slice(0, shown)
    .map((label) => `\`${label}\``)
    .join(', ');
  return count === 1 ? names : `${count} items (${names}${count > shown ? ', …' : ''})`;
}
