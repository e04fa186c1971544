import { createComplex } from '../../fft/index.ts';
import { locateBead, type MadeOtf, otfFromSpectrum, type RadialOtfSteps } from '../../otf/index.ts';
import type { Shape, Volume } from '../../volume.ts';
import { finishTransfer, sweepRowsAway } from './column-kernels.ts';
import type { Device } from './device.ts';
import { rootsOf } from './line-transform.ts';
import { predictRows } from './row-kernels.ts';
import { layoutOf, realBytes, spectrumBytes } from './spectrum.ts';

/** Bytes on the device for a bead of `psf` samples: its samples and their half spectrum. */
export function radialOtfBytes(psf: Shape): number {
  const layout = layoutOf(psf, psf);
  return realBytes(psf) + spectrumBytes(layout, psf.nz);
}

/**
 * The transform is the device's. The bead is found before it, and the spectrum's phases and rings, a few operations per
 * sample, are summed after it by the processor in double precision.
 */
export async function radialOtfOnDevice(
  device: Device,
  psf: Volume,
  steps: RadialOtfSteps,
): Promise<MadeOtf> {
  const bead = locateBead(psf, steps);
  const { half, stride } = layoutOf(psf, psf);
  const complex = await transformed(
    device,
    psf,
    Float32Array.from(psf.data, (value) => value - bead.background),
  );
  const rows = psf.ny * psf.nz;
  const spectrum = createComplex(rows * half);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < half; k++) {
      spectrum.re[row * half + k] = complex[2 * (row * stride + k)] ?? 0;
      spectrum.im[row * half + k] = complex[2 * (row * stride + k) + 1] ?? 0;
    }
  return otfFromSpectrum(psf, steps, bead, spectrum, half);
}

/** The half spectrum, real and imaginary parts in turn, rows of the layout's stride. */
async function transformed(device: Device, psf: Shape, samples: Float32Array): Promise<Float32Array> {
  const what = 'the transform of the bead';
  const layout = layoutOf(psf, psf);
  const texts = [
    predictRows(layout, device.sharedBytes, false),
    sweepRowsAway(layout, device.sharedBytes, -1, psf.nz),
    finishTransfer(layout, device.sharedBytes, 1),
  ] as const;
  const buffers: GPUBuffer[] = [];
  const buffer = async (bytes: number): Promise<GPUBuffer> => {
    const made = await device.buffer(bytes, what);
    buffers.push(made);
    return made;
  };
  try {
    const real = await buffer(realBytes(psf));
    const spectrum = await buffer(spectrumBytes(layout, psf.nz));
    device.upload(real, samples);
    const passes = [];
    for (const [axis, { label, code, bindings, groups }] of texts.entries()) {
      const values = rootsOf([psf.nx, psf.ny, psf.nz][axis] ?? 1);
      const roots = await buffer(values.byteLength);
      device.upload(roots, values);
      const kernel = await device.kernel(label, code, bindings);
      passes.push(device.step(kernel, axis === 0 ? [roots, spectrum, real] : [roots, spectrum], groups));
    }
    device.submit(passes);
    const complex = new Float32Array(spectrumBytes(layout, psf.nz) / 4);
    await device.download(spectrum, complex, what);
    return complex;
  } finally {
    await device.free(buffers).catch(() => {});
  }
}
