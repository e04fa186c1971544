import { constants } from 'node:fs';
import { access, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../engine.ts';
import type { SamplesFile } from './child.ts';

/** A folder that samples pass through, in memory where there is room for them. */
export interface Exchange {
  /** A path for a file of the folder. */
  place(name: string): string;
  /** Writes samples and says what the Python program needs to read them. */
  send(name: string, samples: Samples, shape: readonly number[]): Promise<SamplesFile>;
  /** Fills `target` with the samples of a file, and takes the file away. */
  receive(name: string, target: Samples): Promise<void>;
  close(): Promise<void>;
}

type Samples = Float32Array | Float64Array | Int32Array;

const memoryFolder = '/dev/shm';

/** `bytes` is what will lie there at most; a memory folder with less room than twice that is left alone. */
export async function openExchange(bytes: number): Promise<Exchange> {
  const base = (await hasRoom(memoryFolder, 2 * bytes)) ? memoryFolder : tmpdir();
  const folder = await mkdtemp(join(base, 'espalier-arrays-'));
  return {
    place: (name) => join(folder, name),
    send: async (name, samples, shape) => {
      const file = join(folder, name);
      await write(file, samples);
      return { file, dtype: dtypeOf(samples), shape };
    },
    receive: async (name, target) => {
      await read(join(folder, name), target);
      await rm(join(folder, name), { force: true });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize > bytes;
  } catch {
    return false;
  }
}

function dtypeOf(samples: Samples): SamplesFile['dtype'] {
  if (samples instanceof Float32Array) return 'float32';
  return samples instanceof Float64Array ? 'float64' : 'int32';
}

/** One call moves at most 2 GiB. */
const mostBytes = 2 ** 30;

async function write(path: string, samples: Samples): Promise<void> {
  const bytes = bytesOf(samples);
  const file = await open(path, 'w');
  try {
    for (let at = 0; at < bytes.length; )
      at += (await file.write(bytes, at, Math.min(mostBytes, bytes.length - at), at)).bytesWritten;
  } finally {
    await file.close();
  }
}

async function read(path: string, samples: Samples): Promise<void> {
  const bytes = bytesOf(samples);
  const file = await open(path, 'r');
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(mostBytes, bytes.length - at), at);
      if (bytesRead === 0)
        throw new EngineError(`the Python program gave ${at} bytes, and ${bytes.length} are wanted`);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

function bytesOf(samples: Samples): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
