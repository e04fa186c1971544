import { isGood, type RunId, type Task, type TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { recallRun } from './run-memory.ts';

/** A result that stands though some of what it was to be made of is not in it. */
export interface MadeWithout {
  readonly task: TaskId;
  readonly label: string;
  /** Tasks whose results are not in it. */
  readonly without: readonly TaskId[];
  /** Inputs left out, of those that other tasks make. */
  readonly missing: number;
  readonly of: number;
}

/** The groups of a run that went on without what failed. Nothing but steps is read where no step may be done without. */
export function madeWithout(ledger: Ledger, run: RunId): readonly MadeWithout[] {
  if (!ledger.steps(run).some(({ onFailure }) => onFailure === 'continue')) return [];
  const { plan } = ledger.plan(run);
  const { tasks } = recallRun(ledger, run, plan).state;
  return plan.tasks.flatMap((task) => {
    const status = tasks.get(task.id);
    const without = status?.without ?? [];
    return status === undefined || without.length === 0 || !isGood(status.state)
      ? []
      : [count(task, without)];
  });
}

function count({ id, label, inputs }: Task, without: readonly TaskId[]): MadeWithout {
  const makers = inputs.flatMap(({ from }) => (from.kind === 'task' ? [from.task] : []));
  const missing = makers.filter((maker) => without.includes(maker)).length;
  return { task: id, label, without, missing, of: makers.length };
}

const mostNamed = 5;

/** `made without 1 of 3 inputs: first:2`. */
export function describeMissing({ without, missing, of }: MadeWithout): string {
  const more = without.length - mostNamed;
  const named = without.slice(0, mostNamed).join(', ');
  return `made without ${missing} of ${of} inputs: ${named}${more > 0 ? ` and ${more} more` : ''}`;
}
