import type { ArrayId, Task, TaskOutput } from '../model/index.ts';

/** Where things lie in a run's folder on its site. Paths use `/`; sites are POSIX. */

export function resultPath(
  folder: string,
  task: Pick<Task, 'step'>,
  output: Pick<TaskOutput, 'name'>,
): string {
  return `${folder}/results/${task.step}/${output.name}`;
}

export function arrayFolder(folder: string, array: ArrayId): string {
  return `${folder}/arrays/${array}`;
}

export function jobScriptPath(folder: string, array: ArrayId): string {
  return `${arrayFolder(folder, array)}/job.sh`;
}

export function recordPath(array: ArrayId, index: number): string {
  return `records/${array}/${index}`;
}

export function logPath(array: ArrayId, index: number, stream: 'out' | 'err'): string {
  return `logs/${array}/${index}.${stream}`;
}
