import { EngineError } from '../engine.ts';

/** How a kernel's binding is used, in the order of the bindings. */
export interface Binding {
  readonly name: string;
  /** WGSL type, such as `array<f32>`. */
  readonly type: string;
  readonly access: 'read' | 'read_write' | 'uniform';
}

export interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A kernel with its buffers, and how many workgroups it takes. */
export interface Step {
  readonly kernel: Kernel;
  readonly group: GPUBindGroup;
  readonly groups: readonly [x: number, y: number];
}

/** Bytes sent or fetched in one piece. */
const pieceBytes = 32 * 2 ** 20;

/** Limits that kernels here can use; the eight storage buffers of the default are enough everywhere. */
const wantedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
] as const;

/**
 * A device with what is done to it: buffers, kernels, steps. Whatever fails on it (a kernel that is not valid, memory
 * that is not there, the device itself lost) rejects the call that waits for the work.
 */
export class Device {
  private readonly device: GPUDevice;
  private lost: string | undefined;
  private uncaptured: string | undefined;
  private reading: GPUBuffer | undefined;
  private scratch: Float32Array<ArrayBuffer> | undefined;
  private used = 0;
  private readonly kernels = new Map<string, Kernel>();
  /** Most bytes of buffers, or undefined where the device alone decides. */
  readonly memory: number | undefined;

  private constructor(device: GPUDevice, memory: number | undefined) {
    this.device = device;
    this.memory = memory;
    device.onuncapturederror = ({ error }) => {
      this.uncaptured ??= error.message;
    };
    void device.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') this.lost = message || 'unknown reason';
    });
  }

  static async open(adapter: GPUAdapter, memory?: number): Promise<Device> {
    const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
    return new Device(await adapter.requestDevice({ requiredLimits }), memory);
  }

  get limits(): GPUSupportedLimits {
    return this.device.limits;
  }

  /** Bytes in one buffer that a kernel can see. */
  get largestBuffer(): number {
    return Math.min(this.limits.maxStorageBufferBindingSize, this.limits.maxBufferSize);
  }

  /** Bytes of memory that a workgroup's threads share. */
  get sharedBytes(): number {
    return Math.min(this.limits.maxComputeWorkgroupStorageSize, 49152);
  }

  /** A buffer of zeros. @throws EngineError with the figures when it is not to be had */
  async buffer(bytes: number, what: string): Promise<GPUBuffer> {
    const size = bytesTaken(bytes);
    if (size > this.largestBuffer)
      throw new EngineError(
        `${what} needs ${megabytes(size)} in one piece, and the device binds ${megabytes(this.largestBuffer)} at most; use a smaller image or \`--engine cpu\``,
      );
    if (this.memory !== undefined && this.used + size > this.memory)
      throw new EngineError(
        `${what} needs ${megabytes(size)} beside the ${megabytes(this.used)} in use, and ${megabytes(this.memory)} of the device may be used; raise --device-memory or use a smaller image`,
      );
    const made = await this.scoped(what, () => this.plainBuffer(size));
    this.used += size;
    return made;
  }

  /** Unchecked: within `scoped` only. */
  plainBuffer(size: number): GPUBuffer {
    return this.device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
  }

  uniform(values: ArrayBuffer): GPUBuffer {
    const buffer = this.device.createBuffer({
      size: 16 * Math.ceil(values.byteLength / 16),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  /**
   * Frees buffers. The memory is given back at the next submission only, so an empty one follows. A device that is lost is
   * no error here: the work that it was lost in tells of it, with what was in use then.
   */
  async free(buffers: readonly GPUBuffer[]): Promise<void> {
    for (const buffer of buffers) {
      this.used -= buffer.size;
      buffer.destroy();
    }
    this.device.queue.submit([]);
    await Promise.race([this.device.queue.onSubmittedWorkDone(), this.device.lost]).catch(() => {});
  }

  /** Sends samples in pieces: each submission frees what the one before took up. */
  upload(buffer: GPUBuffer, samples: Float32Array, at = 0): void {
    const piece = pieceBytes / 4;
    for (let from = 0; from < samples.length; from += piece) {
      const count = Math.min(piece, samples.length - from);
      // Dawn's own copying reads no shared memory, where volumes lie: it ends the process (0.6.2).
      this.scratch ??= new Float32Array(piece);
      this.scratch.set(samples.subarray(from, from + count));
      this.device.queue.writeBuffer(buffer, 4 * (at + from), this.scratch, 0, count);
      if (samples.length > piece) this.device.queue.submit([]);
    }
  }

  uploadWords(buffer: GPUBuffer, words: Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void {
    this.device.queue.writeBuffer(buffer, 0, words);
  }

  /** Fetches samples from `at` on into `to`, through one buffer that is used again. */
  async download(buffer: GPUBuffer, to: Float32Array, what: string, at = 0): Promise<void> {
    const piece = pieceBytes / 4;
    this.reading ??= this.device.createBuffer({
      size: pieceBytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    for (let from = 0; from < to.length; from += piece) {
      const count = Math.min(piece, to.length - from);
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 4 * (at + from), this.reading, 0, 4 * count);
      this.device.queue.submit([encoder.finish()]);
      await this.guard(what, this.reading.mapAsync(GPUMapMode.READ, 0, 4 * count));
      to.set(new Float32Array(this.reading.getMappedRange(0, 4 * count)), from);
      this.reading.unmap();
    }
  }

  async kernel(label: string, code: string, bindings: readonly Binding[]): Promise<Kernel> {
    const declared = bindings.map(
      ({ name, type, access }, i) =>
        `@group(0) @binding(${i}) var<${access === 'uniform' ? 'uniform' : `storage, ${access}`}> ${name}: ${type};\n`,
    );
    const layout = this.device.createBindGroupLayout({
      entries: bindings.map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: {
          type: access === 'uniform' ? 'uniform' : access === 'read' ? 'read-only-storage' : 'storage',
        },
      })),
    });
    const module = await this.scoped(`the kernel ${label}`, () =>
      this.device.createShaderModule({ label, code: declared.join('') + code }),
    );
    const pipeline = await this.guard(
      `the kernel ${label}`,
      this.device.createComputePipelineAsync({
        label,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      }),
    );
    return { pipeline, layout };
  }

  /** The same for a kernel that is compiled once for the life of the device, by its label. */
  async kernelOnce(label: string, code: string, bindings: readonly Binding[]): Promise<Kernel> {
    const made = this.kernels.get(label) ?? (await this.kernel(label, code, bindings));
    this.kernels.set(label, made);
    return made;
  }

  step(kernel: Kernel, buffers: readonly GPUBuffer[], groups: readonly [x: number, y: number]): Step {
    const group = this.device.createBindGroup({
      layout: kernel.layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { kernel, group, groups };
  }

  /** Hands steps over, to be run in their order; does not wait. */
  submit(steps: readonly Step[]): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { kernel, group, groups } of steps) {
      pass.setPipeline(kernel.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(groups[0], groups[1]);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  copy(from: GPUBuffer, to: GPUBuffer): void {
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, Math.min(from.size, to.size));
    this.device.queue.submit([encoder.finish()]);
  }

  /** Sets bytes to 0; all of the buffer's when no range is given. */
  clear(buffer: GPUBuffer, at = 0, bytes = buffer.size - at): void {
    const encoder = this.device.createCommandEncoder();
    encoder.clearBuffer(buffer, at, bytes);
    this.device.queue.submit([encoder.finish()]);
  }

  /** Waits for everything handed over. @throws EngineError when anything of it failed */
  async done(what: string): Promise<void> {
    await this.guard(what, this.device.queue.onSubmittedWorkDone());
  }

  /** Runs what makes objects, and throws what the device says of it: its calls themselves never throw. */
  async scoped<T>(what: string, make: () => T): Promise<T> {
    const filters = ['validation', 'out-of-memory', 'internal'] as const;
    for (const filter of filters) this.device.pushErrorScope(filter);
    const made = make();
    const errors = await this.guard(what, Promise.all(filters.map(() => this.device.popErrorScope())));
    const error = errors.find((each) => each !== null);
    if (error instanceof GPUOutOfMemoryError)
      throw new EngineError(
        `the device has no memory left for ${what} (${megabytes(this.used)} in use): use a smaller image, or name a lower limit with --device-memory so that it is cut into parts`,
      );
    if (error) throw new EngineError(`the device refused ${what}: ${error.message}`);
    return made;
  }

  close(): void {
    this.device.destroy();
  }

  private async guard<T>(what: string, work: Promise<T>): Promise<T> {
    const lost = this.device.lost.then(({ message }) => {
      throw this.lostError(what, message);
    });
    lost.catch(() => {});
    let result: T;
    try {
      result = await Promise.race([work, lost]);
    } catch (error) {
      if (this.lost !== undefined) throw this.lostError(what, this.lost);
      if (error instanceof EngineError) throw error;
      throw new EngineError(
        `${what} failed on the device: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (this.uncaptured !== undefined)
      throw new EngineError(`${what} failed on the device: ${this.uncaptured}`);
    return result;
  }

  private lostError(what: string, message: string): EngineError {
    return new EngineError(
      `the device was lost during ${what} (${message}; ${megabytes(this.used)} were in use): it was reset, unplugged or ran out of memory; run the task again, with a lower --device-memory if it happens again`,
      { lost: true },
    );
  }
}

/** Bytes of the buffer that is made for so many. */
export function bytesTaken(bytes: number): number {
  return Math.max(16, 4 * Math.ceil(bytes / 4));
}

/** Bytes for people. */
export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
