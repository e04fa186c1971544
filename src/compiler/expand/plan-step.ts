import type { PlannedStep, SourceRef, Step } from '../../model/index.ts';
import { readBatchWord } from '../../tools/index.ts';
import { type ClaimedNames, claimOutputs } from './claim-outputs.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Context } from './context.ts';
import { fixedVariables } from './evaluate-environment.ts';
import { noteClash } from './note-clash.ts';
import { type PlannedTask, planTask } from './plan-task.ts';
import { sharedParts } from './shared-parts.ts';
import type { TaskUnit } from './task-unit.ts';

/** What is the same for all tasks of a step. */
export function planStep(compiled: CompiledStep): PlannedStep {
  const { step } = compiled;
  const { name, version, sha256, cacheVersion, container, engine, engineReason } = step.tool;
  const absent = [...new Set([...step.tool.logWithout, ...step.logWithout])];
  return {
    name: step.name,
    tool: { name, version, sha256, cacheVersion },
    ...(engine === undefined ? {} : { engine }),
    ...(engineReason === undefined ? {} : { engineReason }),
    ...(container === undefined ? {} : { container }),
    commandTemplate: compiled.command.text,
    environment: fixedVariables(compiled.environment),
    after: [...new Set(sourcesOf(step).flatMap((ref) => (ref.kind === 'output' ? [ref.step] : [])))],
    fuse: step.fuse,
    ...(step.pack === undefined ? {} : { pack: step.pack }),
    ...planBatch(step),
    ...(absent.length === 0 ? {} : { logWithout: absent }),
    ...(step.retry === undefined ? {} : { retry: step.retry }),
    ...(step.onFailure === undefined ? {} : { onFailure: step.onFailure }),
    shape: step.group === undefined ? 'item' : 'group',
  };
}

/** The tool's, if the step does not want less; a process for one task is the ordinary one. */
function planBatch({ batch: wanted, tool: { batch } }: Step): Pick<PlannedStep, 'batch'> {
  const most = wanted === false ? 1 : Math.min(wanted ?? Number.POSITIVE_INFINITY, batch?.most ?? 1);
  if (batch === undefined || most < 2) return {};
  return { batch: { words: batch.command.flatMap((word) => [readBatchWord(word) ?? []]), most } };
}

export function sourcesOf(step: Step): readonly SourceRef[] {
  const main = step.group?.from ?? step.forEach;
  return [...(main === undefined ? [] : [main]), ...step.match.map((match) => match.from)];
}

/**
 * The tasks of a step one after another, in the order of its items. A generator, so that a plan that does not fit
 * into memory can be written as it is made.
 */
export function* planTasks(
  context: Context,
  compiled: CompiledStep,
  units: readonly TaskUnit[],
): Generator<PlannedTask> {
  const claimed: ClaimedNames = new Map();
  const shared = sharedParts(compiled);
  for (const [i, unit] of units.entries()) {
    const planned = planTask(context, compiled, shared, unit, i + 1);
    for (const clash of claimOutputs(claimed, planned.task.label, planned.task.outputs)) {
      noteClash(context, compiled.step, planned.task, clash);
    }
    yield planned;
  }
}
