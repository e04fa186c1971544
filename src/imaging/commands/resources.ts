import { availableParallelism, totalmem } from 'node:os';
import { openPool, type Pool } from '../threads/index.ts';
import { ImagingError, UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { textOf, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';

/** What Node and one worker take before there is any image, bytes; measured generously. */
const program = { main: 80e6, worker: 30e6 };

const units: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

export function threadsOf(options: Arguments['options']): number {
  return wholeOf(options, 'threads', 1) ?? Math.min(16, availableParallelism());
}

/** Runs work with a pool that is closed whatever happens. */
export async function withPool<T>(threads: number, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(threads);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/**
 * States how much memory the work will need, before it begins.
 * @param bytes for images and what is computed from them
 * @throws ImagingError when it is more than `--memory`, or than this process can have
 */
export function claimMemory(
  bytes: number,
  threads: number,
  options: Arguments['options'],
  streams: Streams,
): void {
  const need = bytes + programBytes(threads);
  const limit = memoryLimit(options);
  streams.err(
    `memory: about ${renderMemory(need)} needed, ${renderMemory(limit)} allowed; threads: ${threads}`,
  );
  if (need > limit)
    throw new ImagingError(
      `about ${renderMemory(need)} of memory are needed and ${renderMemory(limit)} allowed; raise --memory, use fewer --threads or a smaller image`,
    );
}

/** Bytes that are left for images, for work that can take less at a time. */
export function memoryForImages(options: Arguments['options'], threads: number): number {
  return memoryLimit(options) - programBytes(threads);
}

function programBytes(threads: number): number {
  return program.main + (threads > 1 ? threads * program.worker : 0);
}

function memoryLimit(options: Arguments['options']): number {
  const typed = textOf(options, 'memory');
  return typed === undefined ? memoryOfMachine() : parseMemory(typed);
}

function memoryOfMachine(): number {
  const constrained = process.constrainedMemory();
  return constrained !== undefined && constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** `4GB`, `500M`, `1.5GiB`: powers of ten, with `i` powers of two. */
function parseMemory(text: string): number {
  const [, amount, prefix = '', binary] = /^(\d+(?:\.\d+)?)\s*([kmgt])?(i)?b?$/i.exec(text) ?? [];
  const power = 'kmgt'.indexOf(prefix.toLowerCase() || ' ') + 1;
  if (amount === undefined || (binary !== undefined && power === 0))
    throw new UsageError(`--memory wants an amount such as 4GB or 500MB, not \`${text}\``);
  return Number(amount) * (binary === undefined ? (units[prefix.toLowerCase()] ?? 1) : 1024 ** power);
}

function renderMemory(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
