import type { DraftStep } from './draft-step.ts';
import { type ParseContext, report } from './parse-context.ts';
import { sourcesOf } from './step-sources.ts';

/** Steps so that each comes after what it reads, otherwise in the order of the file. Circles are reported and left out. */
export function orderSteps(context: ParseContext, drafts: readonly DraftStep[]): readonly DraftStep[] {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  const waitsFor = new Map(drafts.map((draft) => [draft.name, needs(draft, byName)]));
  const readers = new Map<string, string[]>();
  for (const [name, before] of waitsFor) {
    for (const each of before) readers.set(each, [...(readers.get(each) ?? []), name]);
  }
  const ordered: DraftStep[] = [];
  const done = new Set<string>();
  let round = drafts.filter((draft) => waitsFor.get(draft.name)?.size === 0).map((draft) => draft.name);
  while (round.length > 0) {
    const next: string[] = [];
    for (const name of round) {
      const draft = byName.get(name);
      if (draft !== undefined) ordered.push(draft);
      done.add(name);
      for (const reader of readers.get(name) ?? []) {
        const left = waitsFor.get(reader);
        if (left?.delete(name) && left.size === 0) next.push(reader);
      }
    }
    round = next;
  }
  if (done.size < drafts.length)
    reportCircle(
      context,
      drafts.filter((draft) => !done.has(draft.name)),
      waitsFor,
    );
  return ordered;
}

function needs(draft: DraftStep, byName: ReadonlyMap<string, DraftStep>): Set<string> {
  return new Set(
    sourcesOf(draft.sources).flatMap((ref) =>
      ref.kind === 'output' && byName.has(ref.step) ? [ref.step] : [],
    ),
  );
}

/** Follows the first unmet need from step to step until one comes again. */
function reportCircle(
  context: ParseContext,
  left: readonly DraftStep[],
  waitsFor: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const path: string[] = [];
  let name = left[0]?.name;
  while (name !== undefined && !path.includes(name)) {
    path.push(name);
    [name] = waitsFor.get(name) ?? [];
  }
  const circle = name === undefined ? path : [...path.slice(path.indexOf(name)), name];
  const message = `these steps wait for each other: ${circle.map((each) => `\`${each}\``).join(' reads ')}`;
  report(
    context,
    'circle',
    message,
    context.places.key(['steps', circle[0] ?? '']),
    'let one of them read something else',
  );
}
