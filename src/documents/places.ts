import { type Alias, type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Place } from '../model/index.ts';

/** From the file down: `['steps', 'deskew', 'with']`, list entries by number. */
export type DocumentPath = readonly (string | number)[];

/** Where the parts of a file stand. A path that is not there is answered with the nearest one above it. */
export interface Places {
  /** Whether something stands at the path. */
  has(path: DocumentPath): boolean;
  /** Of a value: a scalar itself, for a collection the key that holds it. */
  at(path: DocumentPath): Place;
  /** Of the key of the path's last part. */
  key(path: DocumentPath): Place;
  /** Of a part of a text, in characters of the text from 0. */
  within(path: DocumentPath, offset: number, length: number): Place;
  /** Of characters of the file, from 0. */
  offset(offset: number, length: number): Place;
}

interface Found {
  readonly node: Node | null;
  readonly key: Node | null;
  readonly whole: boolean;
}

export function findPlaces(text: string, file: string, document: Document): Places {
  const lines = lineStarts(text);
  const place = (offset: number, length: number): Place => placeInText(text, file, lines, offset, length);
  const ofNode = (node: Node | null): Place => {
    const [start, end] = node?.range ?? [0, 1, 1];
    return place(start, isCollection(node) ? 1 : Math.max(1, end - start));
  };
  const find = finder(document);
  const at = (path: DocumentPath): Place => {
    const found = find(path);
    const pointsAtKey = !found.whole || found.node === null || isCollection(found.node);
    return ofNode(pointsAtKey ? (found.key ?? found.node) : found.node);
  };
  return {
    has: (path) => find(path).whole,
    at,
    key: (path) => {
      const found = find(path);
      return ofNode(found.key ?? found.node);
    },
    within: (path, offset, length) => {
      const found = find(path);
      const start = found.whole ? sourceOffset(text, found.node, offset) : undefined;
      return start === undefined ? at(path) : place(start, length);
    },
    offset: place,
  };
}

/** Found here and not taken from the parser, which loses count of lines inside what it cannot read. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that begins at or before an offset, from 0. */
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A place never reaches over the end of its line. */
function placeInText(
  text: string,
  file: string,
  lines: readonly number[],
  offset: number,
  length: number,
): Place {
  const at = Math.max(0, Math.min(offset, text.length));
  const line = lineAt(lines, at);
  const start = lines[line] ?? 0;
  const end = (lines[line + 1] ?? text.length + 1) - 1;
  const source = text.slice(start, end).replace(/\r$/, '');
  const column = Math.min(at - start, source.length) + 1;
  const room = Math.max(1, source.trimEnd().length - column + 1);
  return { file, line: line + 1, column, length: Math.max(1, Math.min(length, room)), source };
}

function finder(document: Document): (path: DocumentPath) => Found {
  const indexes = new WeakMap<Node, Map<string, { key: Node; value: Node | null }>>();
  const targets = new WeakMap<Node, Node | null>();
  const behind = (alias: Alias): Node | null => {
    const target = targets.get(alias) ?? alias.resolve(document) ?? null;
    targets.set(alias, target);
    return target;
  };
  return (path) => {
    let found: Found = { node: document.contents, key: null, whole: true };
    for (const part of path) {
      const holder = isAlias(found.node) ? behind(found.node) : found.node;
      if (isMap(holder)) {
        const index = indexes.get(holder) ?? indexPairs(holder.items);
        indexes.set(holder, index);
        const pair = index.get(String(part));
        if (pair === undefined) return { ...found, whole: false };
        found = { node: pair.value, key: pair.key, whole: true };
      } else if (isSeq(holder)) {
        const entry = asNode(holder.items[Number(part)]);
        if (entry === null) return { ...found, whole: false };
        found = { node: entry, key: isCollection(entry) ? entry : null, whole: true };
      } else return { ...found, whole: false };
    }
    return found;
  };
}

function indexPairs(
  items: readonly { readonly key: unknown; readonly value: unknown }[],
): Map<string, { key: Node; value: Node | null }> {
  const index = new Map<string, { key: Node; value: Node | null }>();
  for (const { key, value } of items) {
    const node = asNode(key);
    if (isScalar(node)) index.set(String(node.value), { key: node, value: asNode(value) });
  }
  return index;
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isCollection(value) || isAlias(value) ? value : null;
}

/** Where a character of a scalar's text stands in the file; undefined where escapes or folding moved it. */
function sourceOffset(text: string, node: Node | null, offset: number): number | undefined {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
  const [start, end] = node.range;
  const raw = text.slice(start, end);
  const plain = raw.indexOf(node.value);
  if (plain !== -1) return start + plain + offset;
  return raw.startsWith('|') ? blockOffset(raw, node.value, offset, start) : undefined;
}

/** In a block text (`|`) each line of the value is a line of the file, behind the same indent. */
function blockOffset(raw: string, value: string, offset: number, start: number): number | undefined {
  const before = value.slice(0, offset).split('\n');
  const rawLines = raw.split('\n');
  const line = rawLines[before.length];
  const wanted = value.split('\n')[before.length - 1];
  if (line === undefined || wanted === undefined || !line.endsWith(wanted)) return undefined;
  const lineStart = rawLines.slice(0, before.length).reduce((sum, each) => sum + each.length + 1, start);
  return lineStart + (line.length - wanted.length) + (before.at(-1) ?? '').length;
}
