import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { openTiff, type TiffImage, type VoxelSize, writeTiff } from '../../src/formats/index.ts';
import { main } from '../../src/imaging/index.ts';

/** What a run of the imaging program gave. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function imaging(...argv: readonly string[]): Promise<Outcome> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await main(argv, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** A folder that is new for every test; `at` makes a path in it. */
export function scratchFolder(): { at(name: string): string; list(): Promise<string[]> } {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'espalier-imaging-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  return { at: (name) => `${folder}/${name}`, list: async () => (await readdir(folder)).sort() };
}

export interface TestStack {
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
  readonly t?: number;
  readonly c?: number;
  readonly voxel?: Partial<VoxelSize>;
  value(x: number, y: number, z: number, c: number, t: number): number;
}

export async function writeStack(
  path: string,
  stack: TestStack,
  type: 'uint16' | 'float32' = 'uint16',
): Promise<void> {
  const { nx, ny, nz, t = 1, c = 1, voxel } = stack;
  const planes: (Uint16Array | Float32Array)[] = [];
  for (let time = 0; time < t; time++) {
    for (let z = 0; z < nz; z++) {
      for (let channel = 0; channel < c; channel++) {
        const plane = type === 'uint16' ? new Uint16Array(nx * ny) : new Float32Array(nx * ny);
        for (let i = 0; i < plane.length; i++)
          plane[i] = stack.value(i % nx, Math.floor(i / nx), z, channel, time);
        planes.push(plane);
      }
    }
  }
  const header = { width: nx, height: ny, sizes: { z: nz, c, t }, pixelType: type };
  await writeTiff(path, voxel === undefined ? header : { ...header, voxel }, planes);
}

/** A file's samples in (t, z, c, y, x) order, and its header. */
export async function readStack(path: string): Promise<{ image: TiffImage; samples: number[] }> {
  const image = await openTiff(path);
  const samples: number[] = [];
  for (let t = 0; t < image.sizes.t; t++) {
    for (let z = 0; z < image.sizes.z; z++) {
      for (let c = 0; c < image.sizes.c; c++) samples.push(...(await image.readPlane({ z, c, t })));
    }
  }
  await image.close();
  return { image, samples };
}
