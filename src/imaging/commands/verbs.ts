import type { Options } from 'yargs';
import { engineOptions } from './engine.ts';
import type { Verb } from './verb.ts';

const text = (describe: string, more: Options = {}): Options => ({
  describe,
  type: 'string',
  requiresArg: true,
  ...more,
});
const flag = (describe: string): Options => ({ describe, type: 'boolean' });

const scan = {
  angle: text('Angle between stage travel and light sheet, degrees; negative for a scan the other way'),
  dr: text('Pixel size in the sample, µm (otherwise from the header of INPUT)'),
  skew: text('Axis along which frames are displaced: x (Janelia; default) or y (Zeiss)'),
};
const output = {
  'output-type': text('uint16 (rounded and clipped) or float32 (default: as INPUT)'),
};
const machine = {
  threads: text('Number of threads (default: all this process may use)'),
  memory: text('Refuse to start when more memory is needed, such as 4GB (default: what the machine has)'),
  ...engineOptions,
};

const deskew: Verb = {
  name: 'deskew',
  files: 'INPUT OUTPUT',
  describe: 'Slide the planes of a raw stack to where they were in the sample',
  options: {
    ...scan,
    dz: text('Stage step between planes, µm; negative for a scan the other way (otherwise from the header)'),
    method: text('shear (planes stay parallel to the sheet; default) or orthogonal (upright, cubic voxels)'),
    fill: text('Value where no plane reaches, in raw counts (default 0)'),
    width: text('Length of the output along the skew axis, pixels (default: wide enough for all)'),
    'z-direction': text('orthogonal only: forward (in the order of the raw planes; default) or backward'),
    'accept-small-shift': flag('Go on although planes shift by less than one pixel'),
    ...output,
    ...machine,
  },
  run: async (args, streams) => (await import('./deskew.ts')).runDeskew(args, streams),
};

const rotate: Verb = {
  name: 'rotate',
  files: 'INPUT OUTPUT',
  describe: 'Turn a deskewed stack so that z is normal to the cover glass, with cubic voxels',
  options: {
    ...scan,
    dz: text('Distance between planes of INPUT, µm: step · sin(angle) (otherwise from the header)'),
    fill: text('Value where INPUT does not reach, in counts (default 0)'),
    'z-direction': text('backward (against the order of the planes; default, as cudaDecon) or forward'),
    ...output,
    ...machine,
  },
  run: async (args, streams) => (await import('./rotate.ts')).runRotate(args, streams),
};

const psf = {
  'psf-dz': text('Plane distance of the PSF, µm (otherwise from its header)'),
  'psf-dr': text('Pixel size of the PSF, µm (otherwise from its header)'),
};

const otf: Verb = {
  name: 'otf',
  files: 'PSF OUTPUT',
  describe: 'Make a radially averaged transfer function from a bead image',
  options: {
    ...psf,
    'fix-origin': text(
      'Points from which the value at kr = 0 is extrapolated; 0 keeps what was measured (default 10)',
    ),
    wavelength: text('Emission wavelength, µm: with --na, clears what the objective cannot transmit'),
    na: text('Numerical aperture of the detection objective'),
    index: text('Refractive index of the immersion (default 1.33)'),
    ...engineOptions,
  },
  run: async (args, streams) => (await import('./otf.ts')).runOtf(args, streams),
};

const deconvolve: Verb = {
  name: 'deconvolve',
  files: 'INPUT OUTPUT',
  describe: 'Richardson-Lucy deconvolution of an upright or deskewed stack',
  options: {
    psf: text('Image of a bead, on its own voxels'),
    otf: text('Instead of --psf: a file that `otf` made'),
    ...psf,
    'psf-background': text(
      'Counts to subtract from the PSF (default: from its faces, with their noise cleared)',
    ),
    'psf-centre': text('Where the PSF is centred: peak (default) or middle'),
    dz: text('Plane distance of INPUT, µm (otherwise from the header)'),
    dr: text('Pixel size of INPUT, µm (otherwise from the header)'),
    iterations: text('Number of iterations (default 10)'),
    background: text('Counts to subtract from INPUT first (default 0)'),
    acceleration: text('on (Biggs-Andrews; default) or off'),
    padding: text('What lies beyond the faces: mirror (default), zero or circular; the size never changes'),
    apodise: text('Pixels at each border over which opposite borders are made to meet (default 0)'),
    ...output,
    ...machine,
  },
  run: async (args, streams) => (await import('./deconvolve.ts')).runDeconvolve(args, streams),
};

const project: Verb = {
  name: 'project',
  files: 'INPUT... OUTPUT',
  describe: 'Maximum intensity projection of one stack, or of several as a series',
  options: {
    axis: text('Axis to look along: x, y or z (default z)'),
    join: text('What several INPUTs are: time (default) or channel'),
    png: text('Also write a picture; channels are merged in colour, time points stand side by side'),
    contrast: text('Black and white of the picture: counts such as 100,4000 or percentiles such as 1%,99.8%'),
    ...output,
    ...engineOptions,
  },
  run: async (args, streams) => (await import('./project.ts')).runProject(args, streams),
};

const split: Verb = {
  name: 'split',
  files: 'INPUT OUTPUT',
  describe: 'Take one time point and channel out of a hyperstack',
  options: {
    time: text('Time point, counted from 0'),
    channel: text('Channel, counted from 0'),
  },
  run: async (args, streams) => (await import('./split.ts')).runSplit(args, streams),
};

const simulate: Verb = {
  name: 'simulate',
  files: 'OUTDIR',
  describe: 'Make up an acquisition of a cell: raw stacks, settings file, one PSF per channel',
  options: {
    seed: text('Whole number; the same seed gives the same bytes (default 1)'),
    name: text('Start of the file names (default cell1)'),
    channels: text('Number of channels (default 2)'),
    times: text('Number of time points (default 3)'),
    size: text('Raw size: x (along the sheet) x y x planes (default 96x176x72)'),
    angle: text('Between stage travel and light sheet, degrees (default 31.5)'),
    dz: text('Stage step, µm (default 0.4)'),
  },
  run: async (args, streams) => (await import('./simulate.ts')).runSimulate(args, streams),
};

const batch: Verb = {
  name: 'batch',
  files: 'FILE',
  describe:
    'Run many commands in one process: JSON lines {"item":0,"dir":"/…","command":["espalier-imaging",…]}',
  options: {},
  run: async (args, streams, runLine) => (await import('./batch.ts')).runBatch(args, streams, runLine),
};

const devices: Verb = {
  name: 'devices',
  files: '',
  describe: 'Show which engines can run here, on which devices, and what the others want',
  options: { json: flag('As JSON') },
  run: async (args, streams) => (await import('./devices.ts')).runDevices(args, streams),
};

const info: Verb = {
  name: 'info',
  files: 'INPUT',
  describe: 'Show size, voxels and notes of a file',
  options: { json: flag('As JSON') },
  run: async (args, streams) => (await import('./info.ts')).runInfo(args, streams),
};

const check: Verb = {
  name: 'check',
  files: 'INPUT',
  describe: 'Read a file whole and compare it with what is wanted; for the `check` of a workflow step',
  options: {
    shape: text('Size wanted: x, y and planes, such as 512x512x64'),
    type: text('Type of the values wanted: uint8, uint16 or float32'),
    'not-all-zero': flag('Refuse a file in which every value is 0'),
    finite: flag('Refuse values that are no finite numbers'),
  },
  run: async (args, streams) => (await import('./check.ts')).runCheck(args, streams),
};

export const verbs: readonly Verb[] = [
  deskew,
  rotate,
  otf,
  deconvolve,
  project,
  split,
  simulate,
  info,
  check,
  devices,
  batch,
];
