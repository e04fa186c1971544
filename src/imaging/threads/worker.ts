import { parentPort } from 'node:worker_threads';
import { type KernelArgs, type KernelName, type KernelResults, runKernel } from './kernel-table.ts';

/** One piece of work as it travels to a worker, and its answer. */
interface Task<K extends KernelName = KernelName> {
  readonly index: number;
  readonly name: K;
  readonly args: KernelArgs[K];
}
export type Answer<K extends KernelName = KernelName> =
  | { readonly index: number; readonly result: KernelResults[K] }
  | { readonly index: number; readonly error: unknown };

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(answer(task));
});

function answer(task: Task): Answer {
  try {
    return { index: task.index, result: runKernel(task.name, task.args) };
  } catch (error) {
    return { index: task.index, error };
  }
}
