import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type KernelArgs, type KernelName, type KernelResults, runKernel } from './kernel-table.ts';
import type { Answer } from './worker.ts';

/** A number of threads that run kernels. Close it, or the process does not end. */
export interface Pool {
  readonly threads: number;
  /**
   * Runs one kernel on every item of a list and gives the results in the order of the list. Cut the list by the
   * work, not by the number of threads, and sum partial results in list order: then every number of threads gives
   * the same bytes. Calls must follow one another; the first error of a kernel rejects.
   */
  map<K extends KernelName>(name: K, argsList: readonly KernelArgs[K][]): Promise<KernelResults[K][]>;
  close(): Promise<void>;
}

/**
 * Opens a pool. One thread runs the kernels in this thread, at once; more run them in that many workers.
 * @throws Error when the compiled worker is not there (a source checkout that was never built).
 */
export function openPool(threads: number): Pool {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`\`${threads}\` threads cannot be: give a whole number from 1`);
  }
  return threads === 1 ? inlinePool() : workerPool(threads, compiledWorker());
}

function inlinePool(): Pool {
  return {
    threads: 1,
    map: async (name, argsList) => argsList.map((args) => runKernel(name, args)),
    close: async () => {},
  };
}

/** Workers run compiled code: Node 20 cannot load TypeScript. */
function compiledWorker(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  const relative = fromSource ? '../../../dist/src/imaging/threads/worker.js' : './worker.js';
  const path = fileURLToPath(new URL(relative, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`the compiled worker \`${path}\` is not there: run \`npm run build\`, or use one thread`);
  }
  return path;
}

function workerPool(threads: number, script: string): Pool {
  const workers = Array.from({ length: threads }, () => idleWorker(script));
  return {
    threads,
    map: (name, argsList) => mapOver(workers, name, argsList),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function idleWorker(script: string): Worker {
  const worker = new Worker(script);
  worker.setMaxListeners(0);
  return worker;
}

/** Each worker takes the next item when it has answered the last one. */
function mapOver<K extends KernelName>(
  workers: readonly Worker[],
  name: K,
  argsList: readonly KernelArgs[K][],
): Promise<KernelResults[K][]> {
  const results: KernelResults[K][] = new Array(argsList.length);
  let next = 0;
  const drain = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        worker.off('message', onAnswer).off('error', onError).off('exit', onExit);
      };
      const post = (): void => {
        if (next >= argsList.length) {
          stop();
          resolve();
          return;
        }
        const index = next++;
        worker.postMessage({ index, name, args: argsList[index] });
      };
      const onAnswer = (answer: Answer<K>): void => {
        if ('error' in answer) {
          next = argsList.length;
          stop();
          reject(answer.error);
          return;
        }
        results[answer.index] = answer.result;
        post();
      };
      const onError = (error: unknown): void => {
        stop();
        reject(error);
      };
      const onExit = (code: number): void => {
        stop();
        reject(new Error(`a worker thread ended with code \`${code}\` while it ran \`${name}\``));
      };
      worker.on('message', onAnswer).on('error', onError).on('exit', onExit);
      post();
    });
  return settleAll(workers.map(drain)).then(() => results);
}

/** Waits for every worker, so that none still writes when the first error is thrown. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
