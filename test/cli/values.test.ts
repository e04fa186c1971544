import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTiff } from '../../src/formats/index.ts';
import { Desk } from './espalier.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

/** One stack whose header says 0.4 µm between planes, named by a table that gives its gain; a step with five values. */
async function writeValues(): Promise<void> {
  mkdirSync(join(desk.folder, 'data'));
  await writeTiff(
    join(desk.folder, 'data/a.tif'),
    {
      width: 2,
      height: 2,
      sizes: { z: 2, c: 1, t: 1 },
      pixelType: 'uint8',
      voxel: { x: 0.1, y: 0.1, z: 0.4 },
    },
    [new Uint8Array(4), new Uint8Array(4)],
  );
  desk.write({
    'samples.csv': 'file,gain\ndata/a.tif,7\n',
    'work.yaml': [
      'name: values',
      'parameters:',
      '  typed: { type: text, default: none }',
      '  gain: { type: number }',
      '  dz: { type: number, unit: um, from: acquisition }',
      '  plain: { type: integer, default: 3 }',
      'collections:',
      '  raw: { table: samples.csv }',
      'defaults:',
      '  resources: { cpus: 1, memory: 10MB, time: 5m }',
      'steps:',
      '  say:',
      '    for-each: raw',
      '    inputs: { image: file }',
      '    outputs: { text: said.txt }',
      '    with: { typed: "{{ typed }}", gain: "{{ gain }}", dz: "{{ dz }}", plain: "{{ plain }}", own: 5 }',
      '    run: "echo {{ typed }} {{ gain }} {{ dz }} {{ plain }} {{ own }} {{ inputs.image }} > {{ outputs.text }}"',
      '',
    ].join('\n'),
  });
}

describe('a value', () => {
  it('is shown with where it came from: command line, table row, step, acquisition, default', async () => {
    await writeValues();
    const { code, stderr } = await desk.espalier('run', 'work.yaml', '--set', 'typed=by hand', '--quiet');
    expect(code, stderr).toBe(0);
    const { values } = await desk.json<{ values: object }>('show', 'say:1');
    expect(values).toEqual({
      typed: { value: 'by hand', origin: 'command line', source: '--set typed=by hand' },
      gain: { value: 7, origin: 'table row', source: 'samples.csv row 2' },
      dz: { value: 0.4, origin: 'acquisition', source: 'a.tif: ImageJ unit' },
      plain: { value: 3, origin: 'default', source: 'default of plain in work.yaml' },
      own: { value: 5, origin: 'step', source: 'work.yaml:16' },
    });
    const { stdout } = await desk.espalier('show', 'say:1');
    for (const line of ['command line  --set typed=by hand', 'table row     samples.csv row 2'])
      expect(stdout).toContain(line);
  });

  it('that contradicts the acquisition is refused until it is acknowledged, and the ledger keeps that it was', async () => {
    await writeValues();
    const refused = await desk.espalier('run', 'work.yaml', '--set', 'dz=0.5');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--acknowledge dz');
    const { code, stderr } = await desk.espalier(
      'run',
      'work.yaml',
      '--set',
      'dz=0.5',
      '--acknowledge',
      'dz',
    );
    expect(code, stderr).toBe(0);
    const { run } = await desk.json<{ run: object }>('show');
    expect(run).toMatchObject({
      acknowledged: ['dz'],
      parameters: { dz: { value: 0.5, origin: 'command line' } },
    });
  });
});
