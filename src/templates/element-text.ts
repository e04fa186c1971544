import type { PlannedBatch } from '../model/index.ts';
import type { Assignment, ElementContext } from './assignment.ts';
import { batchCalls, runCalls } from './element-calls.ts';
import { FileNumbers, type TaskValues, taskValues } from './task-values.ts';

/** The shell text of one array element: its tasks in order, each value one word. */
export function renderElement(assignments: readonly Assignment[], context: ElementContext): string {
  const files = new FileNumbers();
  const [only, second] = assignments;
  if (only !== undefined && second === undefined) return runCalls(taskValues(only, context, files));
  const tasks = assignments.map((assignment) => taskValues(assignment, context, files));
  return cutIntoBatches(tasks, context)
    .map(({ batch, tasks: together }) =>
      batch === undefined ? together.map(runCalls).join('') : batchCalls(together, batch),
    )
    .join('');
}

interface Together {
  readonly batch?: PlannedBatch;
  readonly tasks: TaskValues[];
}

/** Tasks that follow each other and that one process can take; what is alone runs as ever. */
function cutIntoBatches(tasks: readonly TaskValues[], context: ElementContext): readonly Together[] {
  const pieces: Together[] = [];
  for (const task of tasks) {
    const last = pieces.at(-1);
    const batch = context.batch?.(task.step);
    if (last !== undefined && last.batch === batch && canJoin(task, last)) last.tasks.push(task);
    else pieces.push({ ...(batch && { batch }), tasks: [task] });
  }
  return pieces.map((piece) => (piece.tasks.length > 1 ? piece : { tasks: piece.tasks }));
}

/** One process has one environment, and sees the GPUs or does not. */
function canJoin(task: TaskValues, { batch, tasks }: Together): boolean {
  const [first] = tasks;
  if (batch === undefined || first === undefined) return true;
  const same = JSON.stringify(surroundings(first)) === JSON.stringify(surroundings(task));
  return same && first.step === task.step && tasks.length < batch.most;
}

function surroundings({ environment, container }: TaskValues) {
  return [environment, container?.gpu];
}
