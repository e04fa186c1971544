import { groupItems, matchItems } from '../../collections/index.ts';
import { type Checked, type Match, type Measured, refuse, type Step } from '../../model/index.ts';
import { agree } from './agree.ts';
import type { Facts, Source, SourceItem } from './source.ts';

/** What one task works on. */
export interface TaskUnit {
  readonly facts: Facts;
  /** Role by role, in the order of their indices. */
  readonly inputs: readonly UnitInput[];
}

interface UnitInput {
  readonly role: string;
  readonly index: number;
  readonly item: SourceItem;
}

/** One unit per item. */
export function itemUnits(source: Source, step: Step): readonly TaskUnit[] {
  return source.items.map((item) => ({ facts: item, inputs: [{ role: step.inputRole, index: 0, item }] }));
}

/** One unit per group, its members in order. A problem has no place yet. */
export function groupUnits(
  source: Source,
  step: Step,
  group: { readonly by: readonly string[]; readonly order: readonly string[] },
): Checked<readonly TaskUnit[]> {
  const groups = groupItems(source.items, group.by, group.order, source.title);
  if (!groups.ok) return groups;
  const units = groups.value.map(({ label, dims, items }) => ({
    facts: { ...sharedFacts(items), label, dims },
    inputs: items.map((item, index) => ({ role: step.inputRole, index, item })),
  }));
  return { ...groups, value: units };
}

/** What all members of a group agree on; its own dimensions are those it was made by. */
function sharedFacts(members: readonly SourceItem[]): Omit<Facts, 'label' | 'dims'> {
  const tags = members.map((member) => member.tags);
  const acquisitions = members.map((member) => member.acquisition);
  return {
    tags: agree(tags, (a, b) => a === b),
    tagSource: sharedSource(members),
    acquisition: agree(acquisitions, (a: Measured, b: Measured) => a.value === b.value && a.unit === b.unit),
  };
}

function sharedSource(members: readonly SourceItem[]): string {
  const sources = new Set(members.map((member) => member.tagSource));
  const [first = ''] = sources;
  return sources.size < 2 ? first : `${first} and ${sources.size - 1} more that agree`;
}

/** Gives every unit its one partner from another source. A problem has no place yet. */
export function matchUnits(
  units: readonly TaskUnit[],
  match: Match,
  source: Source,
  title: string,
): Checked<readonly TaskUnit[]> {
  const keyed = units.map((unit) => unit.facts);
  const partners = matchItems(keyed, source.items, match.on, { left: title, right: source.title });
  if (!partners.ok) return refuse(...partners.problems);
  const matched = units.map((unit, i) => {
    const item = partners.value[i];
    return item === undefined ? unit : withInput(unit, { role: match.role, index: 0, item });
  });
  return { ...partners, value: matched };
}

function withInput(unit: TaskUnit, input: UnitInput): TaskUnit {
  return { ...unit, inputs: [...unit.inputs, input] };
}
