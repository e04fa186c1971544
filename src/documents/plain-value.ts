import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Problem } from '../model/index.ts';
import { documentLimits } from './limits.ts';
import type { Places } from './places.ts';

/** Plain data of a file. Maps have no prototype, so that no key of the author's can meet an inherited one. */
export type PlainValue = string | number | boolean | null | PlainValue[] | { [key: string]: PlainValue };

/**
 * The document as plain data, every alias put in place of itself while the nodes are counted. Says which keys stand
 * twice, which numbers are none, and when it had to stop.
 */
export function plainValue(document: Document, places: Places, problems: Problem[]): PlainValue {
  let nodes = 0;
  let stopped = false;
  const open = new Set<Node>();
  // The library looks through the whole document for each alias.
  const anchors = new Map<string, Node>();
  let copying = 0;

  function report(code: string, message: string, node: Node | null, hint?: string): void {
    const [start, end] = node?.range ?? [0, 1, 1];
    const place = places.offset(start, Math.max(1, end - start));
    problems.push(hint === undefined ? { code, message, place } : { code, message, hint, place });
  }

  function stop(code: string, message: string, node: Node): null {
    if (!stopped) report(code, message, node);
    stopped = true;
    return null;
  }

  function convert(node: unknown, depth: number): PlainValue {
    if (stopped || !(isScalar(node) || isMap(node) || isSeq(node) || isAlias(node))) return null;
    if (++nodes > documentLimits.nodes) {
      return stop('too-large', `the file stands for more than ${documentLimits.nodes} values`, node);
    }
    if (depth > documentLimits.depth || open.has(node)) {
      return stop('too-deep', `more than ${documentLimits.depth} collections stand inside one another`, node);
    }
    if (!isAlias(node) && node.anchor !== undefined && copying === 0) anchors.set(node.anchor, node);
    if (isScalar(node)) return scalar(node);
    open.add(node);
    const value = isAlias(node)
      ? alias(node, depth)
      : isSeq(node)
        ? node.items.map((item) => convert(item, depth + 1))
        : map(node.items, depth);
    open.delete(node);
    return value;
  }

  function alias(node: Node & { readonly source: string }, depth: number): PlainValue {
    const target = anchors.get(node.source);
    if (target !== undefined) {
      copying++;
      const value = convert(target, depth);
      copying--;
      return value;
    }
    report(
      'yaml-syntax',
      `\`*${node.source}\` stands for nothing: there is no \`&${node.source}\` before it`,
      node,
    );
    return null;
  }

  function map(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    depth: number,
  ): PlainValue {
    const result: { [key: string]: PlainValue } = Object.create(null);
    for (const { key, value } of items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (Object.hasOwn(result, name))
        report('duplicate-key', `the key \`${name}\` stands twice`, key, 'keep one of the two');
      result[name] = convert(value, depth + 1);
    }
    return result;
  }

  function scalar(node: Node & { readonly value: unknown; readonly source?: string }): PlainValue {
    const { value } = node;
    if (
      typeof value === 'number' &&
      (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    ) {
      report(
        'bad-value',
        `\`${node.source ?? value}\` cannot be kept as a number`,
        node,
        'put quotes around it if it is a name',
      );
      return 0;
    }
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  return convert(document.contents, 0);
}
