import { readFileSync } from 'node:fs';

/** The functions of `assembly/fft.ts`. Positions are bytes in the scratch memory. */
interface FftKernels {
  readonly scratchStart: () => number;
  readonly sumsAt: () => number;
  readonly clearSums: () => void;
  readonly setPlane: (...fields: number[]) => void;
  readonly transformColumns: () => void;
  readonly forwardPlane: (x: number, before: number, weight: number, clip: boolean) => void;
  readonly ratioPlane: (data: number) => void;
  readonly updatePlane: (x: number, last: boolean) => void;
  readonly acceleratedPlane: (x: number, before: number, change: number, weight: number) => void;
  readonly forwardBatch: (...args: number[]) => void;
  readonly filterBatch: (...args: number[]) => void;
}

/** One thread's kernels and their memory, seen as floats, doubles and bytes. The views change when it grows. */
export interface Scratch {
  readonly kernels: FftKernels;
  readonly floats: () => Float32Array;
  readonly doubles: () => Float64Array;
  readonly bytes: () => Uint8Array;
  /** Makes room for so many bytes in all. */
  readonly reserve: (bytes: number) => void;
}

const pageBytes = 65536;
let opened: Scratch | undefined;

/** This thread's scratch memory: opened once, kept while the thread lives, grown to the largest need. */
export function openScratch(): Scratch {
  opened ??= instantiate();
  return opened;
}

function instantiate(): Scratch {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(readKernels());
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  let floats = new Float32Array(memory.buffer);
  let doubles = new Float64Array(memory.buffer);
  let bytes = new Uint8Array(memory.buffer);
  const reserve = (needed: number): void => {
    if (needed <= bytes.length) return;
    memory.grow(Math.ceil((needed - bytes.length) / pageBytes));
    floats = new Float32Array(memory.buffer);
    doubles = new Float64Array(memory.buffer);
    bytes = new Uint8Array(memory.buffer);
  };
  return {
    kernels: checkKernels(exports),
    floats: () => floats,
    doubles: () => doubles,
    bytes: () => bytes,
    reserve,
  };
}

function readKernels(): Uint8Array<ArrayBuffer> {
  const path = new URL('./fft.wasm', import.meta.url);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`the compiled kernels \`${path.pathname}\` are not there: run \`npm run build\``, {
      cause,
    });
  }
}

/** Looks each function up, so that a stale build fails here and by name. */
function checkKernels(exports: WebAssembly.Exports): FftKernels {
  const named = (name: keyof FftKernels): ((...args: unknown[]) => number) => {
    const found = exports[name];
    if (typeof found !== 'function')
      throw new Error(`the compiled kernels lack \`${name}\`: run \`npm run build\``);
    return (...args) => Reflect.apply(found, undefined, args);
  };
  return {
    scratchStart: named('scratchStart'),
    sumsAt: named('sumsAt'),
    clearSums: named('clearSums'),
    setPlane: named('setPlane'),
    transformColumns: named('transformColumns'),
    forwardPlane: named('forwardPlane'),
    ratioPlane: named('ratioPlane'),
    updatePlane: named('updatePlane'),
    acceleratedPlane: named('acceleratedPlane'),
    forwardBatch: named('forwardBatch'),
    filterBatch: named('filterBatch'),
  };
}

/**
 * Hands out the scratch memory piece by piece, each aligned to a cache line.
 * @returns a function from a size in bytes to the piece's first byte; asked for 0 bytes, it says where the pieces end.
 */
export function scratchCutter(start: number): (bytes: number) => number {
  let next = start;
  return (bytes) => {
    const at = Math.ceil(next / 64) * 64;
    next = at + bytes;
    return at;
  };
}
