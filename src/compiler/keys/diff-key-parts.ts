import type { KeyParts, Scalar } from '../../model/index.ts';
import type { InputHash } from './content-key.ts';

/** One component of a key that is not what it was; null where it was, or is, absent. */
export interface KeyDifference {
  /** `command`, `tool`, `cacheVersion`, `container`, `values.NAME`, `environment.NAME`, `outputs.ROLE`, `inputs.ROLE[N]`. */
  readonly component: string;
  readonly from: Scalar | null;
  readonly to: Scalar | null;
}

/** What changed between two keys; empty when nothing did. What only the later one has comes last. */
export function diffKeyParts(
  before: KeyParts,
  after: KeyParts,
  inputsBefore: readonly InputHash[],
  inputsAfter: readonly InputHash[],
): readonly KeyDifference[] {
  const from = components(before, inputsBefore);
  const to = components(after, inputsAfter);
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((component) => ({
      component,
      from: from.get(component) ?? null,
      to: to.get(component) ?? null,
    }))
    .filter((difference) => difference.from !== difference.to);
}

function components(parts: KeyParts, inputs: readonly InputHash[]): Map<string, Scalar | null> {
  return new Map<string, Scalar | null>([
    ['command', parts.command],
    ['tool', parts.tool],
    ['cacheVersion', parts.cacheVersion],
    ['container', parts.container],
    ...named('values', parts.values),
    ...named('environment', parts.environment),
    ...named('outputs', parts.outputs),
    ...inputs.map((input): [string, Scalar] => [`inputs.${input.role}[${input.index}]`, input.sha256]),
  ]);
}

function named(group: string, values: Readonly<Record<string, Scalar>>): [string, Scalar][] {
  return Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]);
}
