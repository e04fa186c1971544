import { encodeLinePlan } from '../fft/index.ts';
import { openScratch, type Scratch, scratchCutter } from '../kernels/index.ts';
import { type Grid, halfWidth, spectrumPlane, spectrumStride } from './grid.ts';
import { fillPsfPlane, type PsfPlanes } from './psf-plane.ts';

/** One of the steps that work plane by plane, with the volumes it reads and writes. */
export type PlaneStep =
  | { readonly kind: 'forward'; readonly x: Float32Array }
  | { readonly kind: 'psf'; readonly psf: PsfPlanes }
  | {
      readonly kind: 'predict';
      readonly x: Float32Array;
      readonly before: Float32Array;
      readonly weight: number;
    }
  | { readonly kind: 'ratio'; readonly data: Float32Array }
  | { readonly kind: 'update'; readonly x: Float32Array; readonly last: boolean }
  | {
      readonly kind: 'accelerated-update';
      readonly x: Float32Array;
      readonly before: Float32Array;
      readonly change: Float32Array;
      readonly weight: number;
    };

export interface PlaneWork {
  readonly grid: Grid;
  readonly spectrum: Float32Array;
  readonly step: PlaneStep;
  /** Planes `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** Sums over the planes of one piece of work, in double precision. */
export interface PlaneSums {
  readonly clamped: number;
  readonly estimate: number;
  /** ⟨G, G before⟩ and ⟨G, G⟩ of the accelerated update. */
  readonly cross: number;
  readonly square: number;
}

/** Runs one step on a few planes: in from the volumes, through the cache, out again. */
export function deconvolvePlanes(work: PlaneWork): PlaneSums {
  const scratch = openScratch();
  const place = layPlane(scratch, work.grid);
  scratch.kernels.clearSums();
  for (let plane = work.from; plane < work.to; plane++) runStep(scratch, place, work, plane);
  const at = scratch.kernels.sumsAt() / 8;
  // Each sum lies there as two halves.
  const halves = scratch.doubles().subarray(at, at + 8);
  const sum = (index: number): number => (halves[2 * index] ?? 0) + (halves[2 * index + 1] ?? 0);
  return { clamped: sum(0), estimate: sum(1), cross: sum(2), square: sum(3) };
}

/** Where the pieces of a plane lie in scratch memory, in bytes. */
interface Place {
  readonly spectrum: number;
  readonly real: readonly [number, number, number];
  readonly realStride: number;
  /** Rows of the spectrum in scratch memory: those of the grid, filled up to whole blocks of eight. */
  readonly rows: number;
}

const roundUp = (n: number, to: number): number => to * Math.ceil(n / to);

function layPlane(scratch: Scratch, grid: Grid): Place {
  const { nx, ny } = grid.transform;
  const planX = encodedPlan(nx);
  const planY = encodedPlan(ny);
  const stride = spectrumStride(grid);
  const realRows = roundUp(grid.estimate.ny, 8);
  const realStride = roundUp(grid.estimate.nx, 4);
  const rows = Math.max(roundUp(ny, 8), realRows);
  const bufferBytes = 64 * Math.max(nx + 4, ny);
  const cut = scratchCutter(scratch.kernels.scratchStart());
  const planXAt = cut(planX.length);
  const planYAt = cut(planY.length);
  const bufferA = cut(bufferBytes);
  const bufferB = cut(bufferBytes);
  const spectrum = cut(rows * stride * 8);
  const real = [
    cut(realRows * realStride * 4),
    cut(realRows * realStride * 4),
    cut(realRows * realStride * 4),
  ] as const;
  const end = cut(0);
  scratch.reserve(end);
  scratch.bytes().set(planX, planXAt);
  scratch.bytes().set(planY, planYAt);
  // What lies past the rows and samples that are copied in must be zero, and may hold an earlier work's values.
  if (realStride !== grid.estimate.nx || realRows !== grid.estimate.ny) scratch.bytes().fill(0, real[0], end);
  scratch.kernels.setPlane(
    planXAt,
    planYAt,
    spectrum,
    ny,
    halfWidth(grid),
    stride,
    realRows,
    grid.estimate.nx,
    realStride,
    bufferA,
    bufferB,
  );
  return { spectrum, real, realStride, rows };
}

const plans = new Map<number, Uint8Array>();

function encodedPlan(n: number): Uint8Array {
  const plan = plans.get(n) ?? encodeLinePlan(n);
  plans.set(n, plan);
  return plan;
}

function runStep(scratch: Scratch, place: Place, work: PlaneWork, plane: number): void {
  const { step } = work;
  const [first, second, third] = place.real;
  if (step.kind === 'psf')
    fillPsfPlane(scratch.floats(), first / 4, place.realStride, work.grid, step.psf, plane);
  else loadReals(scratch, place, work, step, plane);
  if (readsSpectrum(step)) loadSpectrum(scratch, place, work, plane);
  switch (step.kind) {
    case 'psf':
    case 'forward':
      scratch.kernels.forwardPlane(first, first, 0, false);
      break;
    case 'predict':
      scratch.kernels.forwardPlane(first, second, step.weight, true);
      break;
    case 'ratio':
      scratch.kernels.ratioPlane(first);
      break;
    case 'update':
      scratch.kernels.updatePlane(first, step.last);
      break;
    case 'accelerated-update':
      scratch.kernels.acceleratedPlane(first, second, third, step.weight);
      break;
  }
  storeReals(scratch, place, work, step, plane);
  if (writesSpectrum(step)) storeSpectrum(scratch, place, work, plane);
}

function readsSpectrum({ kind }: PlaneStep): boolean {
  return kind === 'ratio' || kind === 'update' || kind === 'accelerated-update';
}

function writesSpectrum(step: PlaneStep): boolean {
  return step.kind !== 'accelerated-update' && !(step.kind === 'update' && step.last);
}

function loadReals(
  scratch: Scratch,
  place: Place,
  work: PlaneWork,
  step: Exclude<PlaneStep, { kind: 'psf' }>,
  plane: number,
): void {
  const [first, second, third] = place.real;
  copyReal(scratch, place, work.grid, step.kind === 'ratio' ? step.data : step.x, plane, first, 'in');
  if ('before' in step) copyReal(scratch, place, work.grid, step.before, plane, second, 'in');
  if ('change' in step) copyReal(scratch, place, work.grid, step.change, plane, third, 'in');
}

function storeReals(scratch: Scratch, place: Place, work: PlaneWork, step: PlaneStep, plane: number): void {
  const [first, second, third] = place.real;
  if (step.kind === 'update') copyReal(scratch, place, work.grid, step.x, plane, first, 'out');
  if (step.kind !== 'accelerated-update') return;
  copyReal(scratch, place, work.grid, step.before, plane, second, 'out');
  copyReal(scratch, place, work.grid, step.change, plane, third, 'out');
}

function loadSpectrum(scratch: Scratch, place: Place, work: PlaneWork, plane: number): void {
  const count = spectrumPlane(work.grid);
  const at = place.spectrum / 4;
  scratch.floats().set(work.spectrum.subarray(plane * count, (plane + 1) * count), at);
  // The plane before left its rows past the grid's last one, and every row shares its transform with another.
  scratch.floats().fill(0, at + count, at + place.rows * 2 * spectrumStride(work.grid));
}

function storeSpectrum(scratch: Scratch, place: Place, work: PlaneWork, plane: number): void {
  const count = spectrumPlane(work.grid);
  const at = place.spectrum / 4;
  work.spectrum.set(scratch.floats().subarray(at, at + count), plane * count);
}

/** One plane of a real volume, in or out; in one piece where its rows fill whole vectors. */
function copyReal(
  scratch: Scratch,
  place: Place,
  grid: Grid,
  volume: Float32Array,
  plane: number,
  at: number,
  way: 'in' | 'out',
): void {
  const { nx, ny } = grid.estimate;
  const whole = place.realStride === nx;
  const rows = whole ? 1 : ny;
  const length = whole ? nx * ny : nx;
  const floats = scratch.floats();
  for (let row = 0; row < rows; row++) {
    const outside = plane * nx * ny + row * nx;
    const inside = at / 4 + row * place.realStride;
    if (way === 'in') floats.set(volume.subarray(outside, outside + length), inside);
    else volume.set(floats.subarray(inside, inside + length), outside);
  }
}
