import type { Pool } from '../threads/index.ts';
import { createVolume, type Volume } from '../volume.ts';
import type { Grid } from './grid.ts';
import { pieces } from './pieces.ts';
import type { PlaneStep, PlaneSums } from './plane-kernel.ts';
import { runColumns } from './transfer.ts';

/** What happened in one iteration. */
export interface Iteration {
  /** How far the estimate was carried on in the direction of its last change, 0 to 1. */
  readonly weight: number;
  /** Ratios of data to blurred estimate that were cut to ±10. */
  readonly clamped: number;
  /** Sum of the new estimate. */
  readonly sum: number;
}

/** The volumes of a run, all on the same grid. */
export interface Work {
  readonly grid: Grid;
  readonly data: Volume;
  readonly estimate: Volume;
  readonly spectrum: Float32Array;
  readonly transfer: Float32Array;
  readonly pool: Pool;
}

export type Watch = (iteration: Iteration, estimate: Volume) => void;

/**
 * Plain Richardson-Lucy: estimate ← max(0, estimate · Hᵀ(data / H estimate)), in place. The update of one iteration
 * and the transform of the next are one pass over memory.
 */
export async function iteratePlainly(work: Work, iterations: number, watch: Watch): Promise<Iteration[]> {
  const done: Iteration[] = [];
  if (iterations > 0) await runPlanes(work, { kind: 'forward', x: work.estimate.data });
  for (let k = 0; k < iterations; k++) {
    const clamped = await correct(work);
    const last = k === iterations - 1;
    const { estimate } = await runPlanes(work, { kind: 'update', x: work.estimate.data, last });
    const iteration = { weight: 0, clamped, sum: estimate };
    done.push(iteration);
    watch(iteration, work.estimate);
  }
  return done;
}

/** float32's epsilon: keeps the weight finite where nothing changed. */
const epsilon = 2 ** -23;

/**
 * The same with the vector acceleration of Biggs and Andrews (Applied Optics 36:1766, 1997): each iteration starts
 * from a prediction along the last change, whose weight ⟨G₁, G₂⟩ / ⟨G₂, G₂⟩ follows from the last two changes G₁, G₂.
 * @returns the iterations and the volume that holds the last estimate.
 */
export async function iterateAccelerated(
  work: Work,
  iterations: number,
  watch: Watch,
): Promise<{ done: Iteration[]; estimate: Volume }> {
  const { nx, ny, nz } = work.estimate;
  const change = createVolume(nx, ny, nz).data;
  let current = work.estimate;
  let before = createVolume(nx, ny, nz);
  const done: Iteration[] = [];
  let weight = 0;
  let square = 0;
  for (let k = 0; k < iterations; k++) {
    const volumes = { x: current.data, before: before.data, weight };
    await runPlanes(work, { kind: 'predict', ...volumes });
    const clamped = await correct(work);
    const sums = await runPlanes(work, { kind: 'accelerated-update', ...volumes, change });
    [current, before] = [before, current];
    const iteration = { weight, clamped, sum: sums.estimate };
    done.push(iteration);
    watch(iteration, current);
    // After the first iteration there is no pair of changes yet, and both sums with the one before are 0.
    weight = Math.min(1, Math.max(0, sums.cross / (square + epsilon)));
    square = sums.square;
  }
  return { done, estimate: current };
}

/** From the spectrum of the estimate to that of its correction, along x and y. Returns how many ratios were cut. */
async function correct(work: Work): Promise<number> {
  const { grid, spectrum, transfer, pool } = work;
  const planes = Array.from({ length: grid.estimate.nz }, (_, z) => z);
  await runColumns(pool, { grid, spectrum, planes, transfer, action: { kind: 'filter', sign: 1 } });
  const { clamped } = await runPlanes(work, { kind: 'ratio', data: work.data.data });
  await runColumns(pool, { grid, spectrum, planes, transfer, action: { kind: 'filter', sign: -1 } });
  return clamped;
}

async function runPlanes({ grid, spectrum, pool }: Work, step: PlaneStep): Promise<PlaneSums> {
  const works = pieces(grid.estimate.nz).map((piece) => ({ grid, spectrum, step, ...piece }));
  const total = { clamped: 0, estimate: 0, cross: 0, square: 0 };
  for (const sums of await pool.map('deconvolvePlanes', works)) {
    total.clamped += sums.clamped;
    total.estimate += sums.estimate;
    total.cross += sums.cross;
    total.square += sums.square;
  }
  return total;
}
