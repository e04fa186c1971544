import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { driverForCupy, gpuEngines, parseSmi } from '../../../../src/run/sites/gpu-engines.ts';

// Written by hand from the manual of nvidia-smi and its published examples; not recorded on a node.
const head = (driver: string, cuda: string): string =>
  `| NVIDIA-SMI ${driver}             Driver Version: ${driver}   CUDA Version: ${cuda}     |`;

const checks = (facts: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    gpuEngines(new Map(Object.entries(facts))).map(({ what, is, seen }) => [what, `${is}: ${seen}`]),
  );

describe('which engines a GPU node can run', () => {
  it('reads driver and CUDA from the head of nvidia-smi', () => {
    expect(parseSmi(head('535.129.03', '12.2'))).toEqual({ version: '535.129.03', cuda: '12.2' });
    expect(parseSmi(head('580.65.06', '13.0'))?.cuda).toBe('13.0');
    expect(
      parseSmi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."),
    ).toBeUndefined();
    expect(parseSmi('')).toBeUndefined();
  });

  it('says that cupy runs from the driver on that its tools name', () => {
    expect(checks({ smi: head('525.60.13', '12.0') })['engine cupy']).toBe('ok: driver 525.60.13, CUDA 12.0');
    expect(checks({ smi: head('470.82.01', '11.4') })['engine cupy']).toMatch(/^warning: driver 470/);
    expect(checks({})['engine cupy']).toMatch(/^warning: nvidia-smi names no driver/);
    for (const tool of ['deskew', 'rotate', 'otf', 'deconvolve', 'project']) {
      const file: unknown = parse(
        readFileSync(new URL(`../../../../tools/${tool}.yaml`, import.meta.url), 'utf8'),
      );
      expect(file).toMatchObject({ engines: { cupy: { cuda: { driver: driverForCupy } } } });
    }
  });

  it('says that webgpu runs where a GPU has a Vulkan driver, and not for a software one', () => {
    const icd = (...names: string[]): string =>
      names.map((name) => `/usr/share/vulkan/icd.d/${name}_icd.json`).join(' ');
    const webgpu = (facts: Readonly<Record<string, string>>) =>
      checks({ loader: '1', ...facts })['engine webgpu'];
    const smi = head('580.65.06', '13.0');
    expect(webgpu({ icds: icd('nvidia'), smi })).toBe('ok: Vulkan: nvidia, a loader');
    expect(webgpu({ icds: '/usr/share/vulkan/icd.d/nvidia_icd.x86_64.json', smi })).toMatch(/^ok/);
    expect(webgpu({ icds: icd('lvp') })).toMatch(/^warning/);
    expect(webgpu({ icds: '', loader: '0' })).toBe('warning: Vulkan: no driver, no loader');
    // Mesa brings them all, whatever GPU there is; none of them drives an NVIDIA GPU beside its own driver.
    const mesa = icd('gfxstream_vk', 'intel', 'lvp', 'nouveau', 'radeon', 'virtio');
    expect(webgpu({ icds: mesa })).toMatch(/^warning: .*none for a GPU of the node, a loader$/);
    expect(webgpu({ icds: mesa, smi, vendors: '0x10de ' })).toMatch(/^warning/);
    expect(webgpu({ icds: mesa, vendors: '0x10de ' })).toBe('ok: Vulkan: nouveau, a loader');
    expect(webgpu({ icds: mesa, vendors: '0x8086 0x1002 ' })).toBe('ok: Vulkan: intel radeon, a loader');
  });
});
