import { availableParallelism, totalmem } from 'node:os';
import type { MemoryNeed } from '../engines/index.ts';
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

/**
 * States how much memory the work will need, before it begins.
 * @param need for images and what is computed from them; the program's own is added
 * @throws ImagingError when it is more than `--memory` or `--device-memory`, or than this process can have
 */
export function claimMemory(need: MemoryNeed, options: Arguments['options'], streams: Streams): void {
  const threads = threadsOf(options);
  const host = need.host + programBytes(threads);
  const limit = memoryLimit(options);
  streams.err(
    `memory: about ${renderMemory(host)} needed, ${renderMemory(limit)} allowed; threads: ${threads}`,
  );
  if (host > limit)
    throw new ImagingError(
      `about ${renderMemory(host)} of memory are needed and ${renderMemory(limit)} allowed; raise --memory, use fewer --threads or a smaller image`,
    );
  const { tiles } = need;
  const parts = tiles === undefined ? '' : `, in ${tiles.count} tiles along ${tiles.axis}`;
  if (need.device > 0) streams.err(`memory of the device: about ${renderMemory(need.device)} needed${parts}`);
}

/** Bytes that are left for images, for work that can take less at a time. */
export function memoryForImages(options: Arguments['options']): number {
  return memoryLimit(options) - programBytes(threadsOf(options));
}

function programBytes(threads: number): number {
  return program.main + (threads > 1 ? threads * program.worker : 0);
}

function memoryLimit(options: Arguments['options']): number {
  return memoryOf(options, 'memory') ?? memoryOfMachine();
}

/** An option that is an amount of memory, in bytes. */
export function memoryOf(options: Arguments['options'], name: string): number | undefined {
  const typed = textOf(options, name);
  return typed === undefined ? undefined : parseMemory(typed, name);
}

function memoryOfMachine(): number {
  const constrained = process.constrainedMemory();
  return constrained !== undefined && constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** `4GB`, `500M`, `1.5GiB`: powers of ten, with `i` powers of two. */
function parseMemory(text: string, name: string): number {
  const [, amount, prefix = '', binary] = /^(\d+(?:\.\d+)?)\s*([kmgt])?(i)?b?$/i.exec(text) ?? [];
  const power = 'kmgt'.indexOf(prefix.toLowerCase() || ' ') + 1;
  if (amount === undefined || (binary !== undefined && power === 0))
    throw new UsageError(`--${name} wants an amount such as 4GB or 500MB, not \`${text}\``);
  return Number(amount) * (binary === undefined ? (units[prefix.toLowerCase()] ?? 1) : 1024 ** power);
}

function renderMemory(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
