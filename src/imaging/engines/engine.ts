import type { Blur, DeconvolutionReport, DeconvolveOptions, SizeOptions } from '../deconvolve/index.ts';
import type { Axis, DeskewOptions, Projection, ResamplePlan, ShearPlan } from '../geometry/index.ts';
import type { MadeOtf, RadialOtfSteps } from '../otf/index.ts';
import type { Shape, Volume } from '../volume.ts';

/**
 * What does the array work of the imaging commands. The mathematics (sizes, plans, formulas, what is made of a point
 * spread function) lies elsewhere and is the same for all; an engine only computes it, on whole volumes in memory of
 * this process. Calls follow one another. What an engine cannot do is an `EngineError`; none does it in another's place.
 */
export interface Engine {
  /** What it is, for the log and the notes of a file. */
  readonly description: EngineDescription;
  /**
   * What a piece of work will take, known before it starts: its volumes and what is made of them, in bytes.
   * @throws EngineError with the figures when it is known that the device has no room for it
   */
  memoryFor(work: ArrayWork): MemoryNeed;
  /** Planes of a scan, slid to where they were; `target` is a volume to put them in, when one is to be used again. */
  deskew(slab: Volume, plan: ShearPlan, options: DeskewOptions, target?: Volume): Promise<Volume>;
  /** A whole stack turned upright: rotation after a deskew, or orthogonal interpolation. */
  resample(volume: Volume, plan: ResamplePlan, options: { readonly fill: number }): Promise<Volume>;
  /** The radially averaged transfer function of a point spread function. */
  radialOtf(psf: Volume, steps: RadialOtfSteps): Promise<MadeOtf>;
  /** Richardson-Lucy; the result has the image's size. */
  deconvolve(image: Volume, blur: Blur, options: DeconvolveOptions): Promise<Deconvolved>;
  /** The maximum along one axis of a stack whose planes come in order. */
  project(shape: Shape, axis: Axis, planes: AsyncIterable<ArrayLike<number>>): Promise<Projected>;
  /** Frees what it holds; the process can end afterwards. */
  close(): Promise<void>;
}

export interface EngineDescription {
  readonly engine: EngineName;
  /** The device's name; for `cpu` the number of threads. */
  readonly device: string;
  /** Driver and version, where there is one. */
  readonly driver?: string;
  /** Bytes of the device, where it tells. */
  readonly memory?: number;
}

export type EngineName = 'cpu' | 'webgpu' | 'cupy';

export type ArrayWork =
  | { readonly kind: 'deskew'; readonly plan: ShearPlan; readonly planes: number }
  | { readonly kind: 'resample'; readonly plan: ResamplePlan }
  | { readonly kind: 'otf'; readonly psf: Shape }
  | {
      readonly kind: 'deconvolve';
      readonly image: Shape;
      readonly blur: Shape;
      readonly options: Pick<SizeOptions, 'padding' | 'acceleration'>;
      /** The blur is a table of its transfer function, not a point spread function. */
      readonly tabulated?: boolean;
    }
  | { readonly kind: 'project'; readonly shape: Shape };

/** Bytes in this process's memory, the volumes given and returned included, and bytes on a device of its own. */
export interface MemoryNeed {
  readonly host: number;
  readonly device: number;
  /** Parts that follow one another on a device that has no room for the whole. */
  readonly tiles?: { readonly count: number; readonly axis: 'x' | 'y' | 'z' };
}

export interface Deconvolved {
  readonly volume: Volume;
  readonly report: DeconvolutionReport;
}

export type Projected = Omit<Projection, 'add'>;

/** What an engine is opened with. */
export interface EngineOptions {
  /** Threads of this process that compute. */
  readonly threads: number;
  /** A device by (part of) its name; the best one otherwise. */
  readonly device?: string;
  /** Bytes that may be used on the device; what the device allows otherwise. */
  readonly deviceMemory?: number;
}

/** An engine is not there, or its device failed. The message names what is missing or failed, and what to do. */
export class EngineError extends Error {
  /** The device is gone: nothing more can be computed by this process. */
  readonly lost: boolean;
  /** There is no such engine or device here: nothing was begun. */
  readonly missing: boolean;

  constructor(
    message: string,
    { lost = false, missing = false }: { readonly lost?: boolean; readonly missing?: boolean } = {},
  ) {
    super(message);
    this.lost = lost;
    this.missing = missing;
  }
}
