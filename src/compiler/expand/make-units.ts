import type { Checked, Step } from '../../model/index.ts';
import type { Context } from './context.ts';
import { type Source, type Sources, sourceKey } from './source.ts';
import { groupUnits, itemUnits, matchUnits, type TaskUnit } from './task-unit.ts';

/**
 * What a step's tasks work on: an item or a group each, with its partners. Undefined, with the problem noted, when a
 * source could not be made, items have no partner, or a limit stands in the way; `room` is how many more tasks the
 * plan may hold.
 */
export function makeUnits(
  context: Context,
  step: Step,
  sources: Sources,
  room: number,
): readonly TaskUnit[] | undefined {
  const ref = step.group?.from ?? step.forEach;
  const main = ref && sources.get(sourceKey(ref));
  if (main === undefined) return undefined;
  const units = mainUnits(context, step, main, room);
  if (units === undefined || !units.every((unit) => inputsFit(context, step, unit))) return undefined;
  return withPartners(context, step, main, units, sources);
}

function mainUnits(
  context: Context,
  step: Step,
  main: Source,
  room: number,
): readonly TaskUnit[] | undefined {
  if (step.group === undefined) {
    return roomFor(context, step, main.items.length, room) ? itemUnits(main, step) : undefined;
  }
  const units = accepted(context, step, groupUnits(main, step, step.group));
  return units && roomFor(context, step, units.length, room) ? units : undefined;
}

/** All matches are looked at, so that the problems of all are told. */
function withPartners(
  context: Context,
  step: Step,
  main: Source,
  units: readonly TaskUnit[],
  sources: Sources,
): readonly TaskUnit[] | undefined {
  const title = step.group === undefined ? main.title : `the groups of step \`${step.name}\``;
  let whole = true;
  for (const match of step.match) {
    const source = sources.get(sourceKey(match.from));
    const matched = source && accepted(context, step, matchUnits(units, match, source, title));
    if (matched === undefined) whole = false;
    else units = matched;
  }
  return whole ? units : undefined;
}

/** The rooms below know no workflow: the step and its place are told here. */
function accepted<T>(context: Context, step: Step, checked: Checked<T>): T | undefined {
  if (checked.ok) return checked.value;
  for (const problem of checked.problems) {
    context.errors.add({
      ...problem,
      message: `step \`${step.name}\`: ${problem.message}`,
      place: step.place,
    });
  }
  return undefined;
}

function roomFor(context: Context, step: Step, count: number, room: number): boolean {
  if (count <= room) return true;
  const { tasks } = context.limits;
  context.errors.add({
    code: 'too-many-tasks',
    message: `step \`${step.name}\` would bring ${count} tasks, and the plan may hold ${tasks} in all`,
    hint: 'Run the collection in parts, or group items into fewer tasks',
    place: step.place,
  });
  return false;
}

function inputsFit(context: Context, step: Step, unit: TaskUnit): boolean {
  const { inputs } = context.limits;
  if (unit.inputs.length <= inputs) return true;
  context.errors.add({
    code: 'too-many-inputs',
    message: `step \`${step.name}\`: the task of \`${unit.facts.label}\` would read ${unit.inputs.length} files, at most ${inputs} can be`,
    hint: 'Group by more dimensions',
    place: step.place,
  });
  return false;
}
