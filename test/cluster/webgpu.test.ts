import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { webgpuPackage } from '../webgpu-package.ts';
import { cluster, onCluster } from './cluster.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One line of bench/gpu/webgpu.mjs. */
interface Line {
  readonly what: string;
  readonly failed?: string;
  readonly acceleration?: boolean;
  readonly distance?: number;
  readonly twiceTheSame?: boolean;
  readonly [figure: string]: unknown;
}

// The nodes have Debian 13's Mesa, whose software Vulkan Dawn takes; Debian 12's it does not.
onCluster('the engine webgpu on a node without a GPU', () => {
  const tree = join(cluster.scratch, 'webgpu');
  const program = '/scratch/webgpu/dist';
  const node = 'cd /scratch/webgpu && VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json node';

  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'scripts/imaging-tree.mjs'), tree]);
    cpSync(join(root, 'bench/gpu'), join(tree, 'bench/gpu'), { recursive: true });
    const from = webgpuPackage();
    expect(from, 'the package webgpu').toBeDefined();
    mkdirSync(join(tree, 'node_modules/webgpu/dist'), { recursive: true });
    for (const part of ['index.js', 'package.json', 'dist/linux-x64'])
      cpSync(join(from ?? '', part), join(tree, 'node_modules/webgpu', part), { recursive: true });
  });

  it('finds a software device, and does not take it unless it is named', () => {
    const { stdout } = cluster.root('cn1', `${node} dist/bin/espalier-imaging.js devices --json`);
    const { engines } = JSON.parse(stdout);
    const found = engines.find(({ engine }: { readonly engine: string }) => engine === 'webgpu');
    expect(found).toMatchObject({ runs: false, devices: [{ software: true }] });
    expect(found.devices[0].name).toContain('llvmpipe');
    expect(found.reason).toContain('name it with --device');
  });

  it('agrees with the cpu, and gives the same bytes twice, when it is named', () => {
    const words = `bench/gpu/webgpu.mjs --program ${program} --device llvmpipe --small --only agreement`;
    const { code, stdout, stderr } = cluster.root('cn1', `${node} ${words}`);
    expect(code, stderr).toBe(0);
    const lines = stdout
      .split('\n')
      .flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
    expect(lines.flatMap(({ failed }) => failed ?? [])).toEqual([]);
    const deconvolved = lines.filter(({ distance }) => distance !== undefined);
    expect(deconvolved).toHaveLength(4);
    for (const { acceleration, distance, twiceTheSame } of deconvolved) {
      expect(distance).toBeLessThan(acceleration === true ? 1e-4 : 1e-5);
      expect(twiceTheSame).toBe(true);
    }
    const turned = lines.filter(({ skew }) => skew !== undefined);
    expect(turned).toHaveLength(2);
    for (const { deskew, rotate, orthogonal, ...more } of turned) {
      for (const figure of [deskew, rotate, orthogonal]) expect(figure).toBeLessThan(1e-6);
      for (const axis of ['x', 'y', 'z']) expect(more[`project-${axis}`]).toBe(0);
    }
  });
});
