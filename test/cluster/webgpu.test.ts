import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { openTiff } from '../../src/formats/index.ts';
import { writeStack } from '../cli/imaging-scratch.ts';
import { webgpuPackage } from '../webgpu-package.ts';
import { cluster, onCluster } from './cluster.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One line of bench/gpu/webgpu.mjs. */
interface Line {
  readonly what: string;
  readonly failed?: string;
  readonly distance?: number;
  readonly planned?: unknown;
  /** In one piece, in tiles. */
  readonly weights?: readonly number[];
  readonly clamped?: readonly number[];
  readonly light?: readonly number[];
  readonly [figure: string]: unknown;
}

/** What vitest reports of one file. */
interface Report {
  readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
}

// The nodes have Debian 13's Mesa, whose software Vulkan Dawn takes; Debian 12's it does not.
/** Software compiles every shader for every size: seconds each, and minutes beside other work. */
const slow = { timeout: 600_000 };

onCluster('the engine webgpu on a node without a GPU', () => {
  const tree = join(cluster.scratch, 'webgpu');
  const program = '/scratch/webgpu/dist';
  const node = 'cd /scratch/webgpu && VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json node';

  beforeAll(() => {
    const from = webgpuPackage();
    expect(from, 'the package webgpu').toBeDefined();
    execFileSync(process.execPath, [join(root, 'scripts/contract-tree.mjs'), tree, from ?? '']);
  });

  it('finds a software device, and does not take it unless it is named', () => {
    const { stdout } = cluster.root('cn1', `${node} dist/bin/espalier-imaging.js devices --json`);
    const { engines } = JSON.parse(stdout);
    const found = engines.find(({ engine }: { readonly engine: string }) => engine === 'webgpu');
    expect(found).toMatchObject({ runs: false, devices: [{ software: true }] });
    expect(found.devices[0].name).toContain('llvmpipe');
    expect(found.reason).toContain('name it with --device');
  });

  /** What the program of measurements says of one of its steps. */
  const bench = (only: string): Line[] => {
    const words = `bench/gpu/webgpu.mjs --program ${program} --device llvmpipe --small --only ${only}`;
    const { code, stdout, stderr } = cluster.root('cn1', `${node} ${words}`, 500);
    expect(code, stderr).toBe(0);
    const lines = stdout
      .split('\n')
      .flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
    expect(lines.flatMap(({ failed }) => failed ?? [])).toEqual([]);
    return lines;
  };

  it('keeps the contract of all engines: what cpu and cupy are held to', { timeout: 1_500_000 }, () => {
    const vitest = `node_modules/vitest/vitest.mjs run --root . --reporter=json --outputFile=report.json`;
    const ran = cluster.root('cn1', `${node} ${vitest} test/contract/engine-webgpu.test.ts`, 1400);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { testResults } = JSON.parse(readFileSync(join(tree, 'report.json'), 'utf8'));
    const passed: string[] = testResults.flatMap(({ assertionResults }: Report) =>
      assertionResults.filter(({ status }) => status === 'passed').map(({ title }) => title),
    );
    for (const title of [
      'even sizes and an odd PSF, mirrored, accelerated',
      'odd sizes and an even PSF, mirrored, accelerated',
      'one plane, accelerated',
      'one column, accelerated',
      'borders made to meet, and a background too high, accelerated',
    ])
      expect(passed).toContain(`deconvolves as the cpu does: ${title}`);
    expect(passed).toContain('gives the same bytes twice');
    expect(passed).toContain('cuts into tiles without a seam what its memory has no room for');
    expect(passed.filter((title) => /: [GI]\d$/.test(title)).length).toBeGreaterThanOrEqual(5);
  });

  it('fails with the figures when the device is lost in the middle of the work', slow, () => {
    const [lost] = bench('lost').filter(({ what }) => what === 'lost');
    expect(lost).toMatchObject({ computedBefore: true, lost: true });
    expect(lost?.said).toMatch(/^the device was lost during .* \(.*; \d+ MB were in use\)/);
  });

  it('deconvolves in tiles what has no room in one piece, without a seam', slow, () => {
    const cut = bench('tiles').filter(({ distance }) => distance !== undefined);
    expect(cut.map(({ planned }) => planned)).toEqual([
      [null, { count: 3, axis: 'z' }],
      [null, { count: 3, axis: 'y' }],
    ]);
    for (const { distance, weights, clamped, light } of cut) {
      expect(distance).toBeLessThan(1e-5);
      expect(weights?.[1]).toBeCloseTo(weights?.[0] ?? Number.NaN, 4);
      expect(clamped?.[1]).toBe(clamped?.[0]);
      expect((light?.[1] ?? 0) / (light?.[0] ?? Number.NaN)).toBeCloseTo(1, 5);
    }
    expect(cut[0]?.weights?.[0]).toBeGreaterThan(0);
  });

  it(
    'says by hand how many tiles there are, and refuses with the figures what not even they make room for',
    slow,
    async () => {
      const spot = (x: number, y: number, z: number): number =>
        Math.round(100 + 900 * Math.exp(-((x - 3) ** 2) / 3 - (y - 2) ** 2 / 3 - (z - 3) ** 2 / 3));
      const voxel = { x: 0.1, y: 0.1, z: 0.1 };
      await writeStack(join(tree, 'in.tif'), { nx: 12, ny: 12, nz: 44, voxel, value: spot });
      await writeStack(join(tree, 'psf.tif'), { nx: 5, ny: 5, nz: 5, voxel, value: spot });
      const words =
        'dist/bin/espalier-imaging.js deconvolve in.tif out.tif --psf psf.tif --padding zero --engine webgpu --device llvmpipe';
      const none = cluster.root('cn1', `${node} ${words} --device-memory 40kB`);
      expect(none.code).toBe(1);
      expect(none.stderr).toContain('no tile fits either');
      const cut = cluster.root('cn1', `${node} ${words} --device-memory 180kB`, 500);
      expect(cut.code, cut.stderr).toBe(0);
      expect(cut.stderr).toMatch(/memory of the device: about 1 MB needed, in 3 tiles along z\n/);
    },
  );

  it('computes the demo when it is named, as the cpu does to one count', slow, async () => {
    for (const part of ['tools', 'workflows', 'node_modules/better-sqlite3'])
      cpSync(join(root, part), join(tree, part), { recursive: true });
    for (const [folder, words] of [
      ['demo-cpu', ''],
      ['demo-webgpu', '--set engine=webgpu --set device=llvmpipe'],
    ] as const) {
      const demo = `dist/bin/espalier.js demo ${folder} --size 32x40x16 --set iterations=3 ${words}`;
      const ran = cluster.root('cn1', `export ESPALIER_HOME=/scratch/webgpu/home; ${node} ${demo}`, 500);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    }
    const results = (folder: string): string[] =>
      readdirSync(join(tree, folder, 'runs'), { recursive: true })
        .map((name) => join(tree, folder, 'runs', String(name)))
        .filter((name) => name.includes('/results/') && name.endsWith('.tif'))
        .sort();
    const pairs = results('demo-cpu').map((cpu, i) => [cpu, results('demo-webgpu')[i] ?? ''] as const);
    expect(pairs).toHaveLength(14);
    for (const [cpu, gpu] of pairs) expect(await furthest(cpu, gpu), gpu).toBeLessThanOrEqual(1);
  });
});

/** The largest difference of two files of one size, in counts. */
async function furthest(one: string, other: string): Promise<number> {
  const [a, b] = [await openTiff(one), await openTiff(other)];
  expect([b.width, b.height, b.sizes]).toEqual([a.width, a.height, a.sizes]);
  let difference = 0;
  for (let t = 0; t < a.sizes.t; t++)
    for (let z = 0; z < a.sizes.z; z++) {
      const [mine, theirs] = [await a.readPlane({ z, c: 0, t }), await b.readPlane({ z, c: 0, t })];
      for (let i = 0; i < mine.length; i++)
        difference = Math.max(difference, Math.abs((mine[i] ?? 0) - (theirs[i] ?? 0)));
    }
  await a.close();
  await b.close();
  return difference;
}
