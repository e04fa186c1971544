import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeTiff } from '../../../src/formats/index.ts';
import type { LedgerEvent, Plan, PlannedStep, SourcedValue, Task } from '../../../src/model/index.ts';
import { encodePlan, type Ledger } from '../../../src/provenance/index.ts';
import {
  keyPartsOf,
  newLedger,
  planned,
  sha,
  smallPlan,
  submitted,
  submitting,
  succeeded,
} from '../provenance/story.ts';

export const hostile = `cell<img src=x onerror="document.title='owned'">&amp;'";$(id)`;

const angle: SourcedValue = { value: 31.5, origin: 'acquisition', source: 'Settings.txt: Angle' };

/**
 * A run `r1` of three steps over the labels in a folder, its raw stacks and results really there: every item
 * deskewed and deconvolved but the last, whose deskewing failed; one movie over all.
 */
export async function sampleRun(folder: string, labels: readonly string[]): Promise<Ledger> {
  const ledger = newLedger(join(folder, 'ledger.sqlite'));
  const plan = withMovie(inFolder(smallPlan(labels), folder));
  const workflowText = 'name: lattice\n# <script>alert(1)</script>\n';
  const { event } = planned('r1', plan);
  const blob = encodePlan(plan, new Map(plan.tasks.map((task) => [task.staticKey, keyPartsOf(task)])));
  ledger.append(
    [
      {
        ...event,
        folder: join(folder, 'run'),
        dataFolder: join(folder, 'data'),
        workflowSha256: ledger.putBlob(workflowText),
        parameters: { ...plan.parameters, angle },
      },
    ],
    [blob],
  );
  const ids = plan.tasks.map(({ id }) => id);
  ledger.append([submitting('r1', 'a1', ids), submitted('r1', 'a1')]);
  for (const [i, label] of labels.entries()) {
    const last = i === labels.length - 1;
    ledger.append(await (last ? failing(i + 1) : item(folder, label, i + 1)));
  }
  ledger.append([await movie(folder, labels), { kind: 'run-finished', run: 'r1' }]);
  return ledger;
}

async function item(folder: string, label: string, n: number): Promise<readonly LedgerEvent[]> {
  const raw = join(folder, 'data', `${fileName(label)}.tif`);
  const [deskewed, deconvolved] = ['deskew', 'deconvolve'].map((step) =>
    join(folder, 'run', 'results', step, `${fileName(label)}.tif`),
  );
  if (deskewed === undefined || deconvolved === undefined) throw new Error('no paths');
  await writeStack(raw, n, 3.5, 1.2);
  await writeStack(deskewed, n, 3.5, 0);
  await writeStack(deconvolved, n, 1.6, 0);
  const psf = { role: 'psf', path: join(folder, 'data', 'psf.tif'), content: 'psf' };
  return [
    succeeded('r1', `deskew:${n}`, {
      inputs: [{ role: 'image', path: raw, content: `raw ${n}` }],
      outputs: [{ role: 'image', path: deskewed, content: `deskewed ${n}` }],
    }),
    succeeded('r1', `deconvolve:${n}`, {
      inputs: [{ role: 'image', path: deskewed, content: `deskewed ${n}` }, psf],
      outputs: [{ role: 'image', path: deconvolved, content: `deconvolved ${n}` }],
    }),
  ];
}

async function failing(n: number): Promise<readonly LedgerEvent[]> {
  return [
    { kind: 'task-failed', run: 'r1', task: `deskew:${n}`, attempt: 1, why: 'exit', message: 'exit code 3' },
    {
      kind: 'task-skipped',
      run: 'r1',
      task: `deconvolve:${n}`,
      attempt: 1,
      why: 'upstream',
      message: `\`deskew:${n}\` has no result`,
    },
  ];
}

async function movie(folder: string, labels: readonly string[]): Promise<LedgerEvent> {
  const path = join(folder, 'run', 'results', 'movie', 'all.tif');
  await writeStack(path, 1, 1.6, 0);
  const inputs = labels.slice(0, -1).map((label, i) => ({
    role: 'image',
    path: join(folder, 'run', 'results', 'deconvolve', `${fileName(label)}.tif`),
    content: `deconvolved ${i + 1}`,
  }));
  return succeeded('r1', 'movie:1', { inputs, outputs: [{ role: 'image', path, content: 'movie' }] });
}

/** Blurred filaments and spots, sheared along x by `shear` pixels a plane: enough to look at. */
async function writeStack(path: string, seed: number, blur: number, shear: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const [width, height, depth] = [160, 96, 12];
  const spots = Array.from({ length: 40 }, (_, i) => {
    const t = i / 40;
    return {
      x: 20 + 110 * t,
      y: 48 + 30 * Math.sin(6 * t + seed + (i % 3)),
      z: depth * (0.5 + 0.45 * Math.sin(9 * t + seed)),
      bright: 200 + 500 * ((i * 7 + seed) % 5),
    };
  });
  const plane = (z: number): Uint16Array =>
    Uint16Array.from({ length: width * height }, (_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)];
      const light = spots.reduce((sum, spot) => {
        const d2 = (x - shear * z - spot.x) ** 2 + (y - spot.y) ** 2 + 4 * (z - spot.z) ** 2;
        return d2 > 9 * blur * blur ? sum : sum + spot.bright * Math.exp(-d2 / (2 * blur * blur));
      }, 0);
      return 100 + ((at * 7919 + z * 104729) % 23) + light;
    });
  const planes = (function* () {
    for (let z = 0; z < depth; z++) yield plane(z);
  })();
  const header = {
    width,
    height,
    sizes: { z: depth, c: 1, t: 1 },
    pixelType: 'uint16' as const,
    voxel: { x: 0.104, y: 0.104, z: 0.2 },
  };
  await writeTiff(path, header, planes);
}

function fileName(label: string): string {
  return label.replaceAll('/', '_');
}

function inFolder(plan: Plan, folder: string): Plan {
  const tasks = plan.tasks.map((task) => ({
    ...task,
    inputs: task.inputs.map((input) => {
      if (input.from.kind !== 'file') return input;
      const name = input.from.calibration ? 'psf' : fileName(task.label);
      const path = join(folder, 'data', `${name}.tif`);
      return {
        ...input,
        from: {
          ...input.from,
          file: { ...input.from.file, path },
          collection: input.from.calibration ? 'psf' : 'raw',
        },
      };
    }),
  }));
  return { ...plan, tasks };
}

function withMovie(plan: Plan): Plan {
  const [first] = plan.steps;
  if (first === undefined) throw new Error('no steps');
  const step: PlannedStep = {
    ...first,
    name: 'movie',
    after: ['deconvolve'],
    shape: 'group',
    commandTemplate: 'project {input…} {output}',
    container: { image: 'docker://example.org/project:1' },
  };
  const task: Task = {
    id: 'movie:1',
    step: 'movie',
    label: 'all times',
    dims: {},
    inputs: [],
    outputs: [{ role: 'image', type: 'file', name: 'all.tif', check: { minSize: 1 } }],
    values: { axis: { value: 'z', origin: 'default', source: 'project' } },
    command: { kind: 'words', words: [] },
    resources: { cpus: 1, gpus: 0, memory: 1024, time: 60, scratch: 0 },
    staticKey: sha('static movie'),
    planKey: sha('plan movie'),
  };
  return { ...plan, steps: [...plan.steps, step], tasks: [...plan.tasks, task] };
}
