import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../src/compiler/keys/canonical-json.ts';
import { contentKey } from '../../../../src/compiler/keys/content-key.ts';
import { diffKeyParts } from '../../../../src/compiler/keys/diff-key-parts.ts';
import { type PlannedInput, planKey } from '../../../../src/compiler/keys/plan-key.ts';
import { staticKey } from '../../../../src/compiler/keys/static-key.ts';
import type { KeyParts } from '../../../../src/model/index.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
const c = 'c'.repeat(64);
const zeros = '0'.repeat(64);

const parts: KeyParts = {
  command: 'echo {iterations} {inputs.image}',
  values: { iterations: 10, angle: 31.8 },
  tool: 'echo@1.0',
  cacheVersion: 0,
  container: null,
  environment: { LANG: 'C' },
  outputs: { image: 'a.tif' },
};

describe('canonical JSON', () => {
  it('sorts the keys of every object and keeps the order of lists', () => {
    expect(canonicalJson({ b: [2, 1, { z: null, y: true }], a: 'é"\n' })).toBe(
      '{"a":"é\\"\\n","b":[2,1,{"y":true,"z":null}]}',
    );
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it('refuses numbers that JSON would turn into null', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN');
  });
});

describe('the static key', () => {
  // The expected digest was made by printf '%s' '{"cacheVersion":0,…}' | sha256sum.
  it('is the sha256 of the canonical JSON of its parts', () => {
    expect(staticKey(parts)).toBe('ecd6538b072e5fba01e28b8d10f2bc210fdc82ba17f278f9a8c50c7dedccd80e');
  });

  it('does not depend on the order in which values were written', () => {
    expect(staticKey({ ...parts, values: { angle: 31.8, iterations: 10 } })).toBe(staticKey(parts));
  });

  it('does not take in what is not one of its parts', () => {
    expect(staticKey(Object.assign({ memory: 1024 }, parts))).toBe(staticKey(parts));
  });

  const changes: Readonly<Record<string, Partial<KeyParts>>> = {
    command: { command: 'echo -n {iterations} {inputs.image}' },
    value: { values: { iterations: 11, angle: 31.8 } },
    'type of a value': { values: { iterations: '10', angle: 31.8 } },
    'version of the tool': { tool: 'echo@1.1' },
    cacheVersion: { cacheVersion: 1 },
    container: { container: 'sha256:1' },
    environment: { environment: { LANG: 'de_DE' } },
    'output name': { outputs: { image: 'b.tif' } },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`changes with the ${what}`, () => {
      expect(staticKey({ ...parts, ...change })).not.toBe(staticKey(parts));
    });
  }
});

describe('the content key', () => {
  const inputs = [
    { role: 'psf', index: 0, sha256: a },
    { role: 'image', index: 10, sha256: c },
    { role: 'image', index: 2, sha256: b },
    { role: 'image', index: 0, sha256: a },
  ];

  // The expected digests were made by printf and sha256sum.
  it('is the sha256 of a text with a line per input, ordered by role and by index as a number', () => {
    expect(contentKey(zeros, inputs)).toBe(
      '9a679e615dd6ba557dfe38e5d5e4f11155188e64bf013ee104ff03183639d87e',
    );
  });

  it('has no further lines for a task without inputs', () => {
    expect(contentKey(zeros, [])).toBe('f7e74fbd40e57dc794fa6b7e0a237ca33225e3c6642fc431a5e56164e59136cc');
  });

  it('is what a POSIX shell computes with printf and sha256sum', () => {
    const script = '{ printf "espalier-key 1\\n%s\\n" "$1"; printf "%s %s %s\\n" image 0 "$2"; } | sha256sum';
    const answer = execFileSync('sh', ['-c', script, 'sh', zeros, b], { encoding: 'utf8' });
    expect(contentKey(zeros, [{ role: 'image', index: 0, sha256: b }])).toBe(answer.slice(0, 64));
  });

  it('does not depend on the order in which inputs are given', () => {
    expect(contentKey(zeros, [...inputs].reverse())).toBe(contentKey(zeros, inputs));
  });

  it('changes with the content of an input, and when two inputs swap places', () => {
    const of = (first: string, second: string): string =>
      contentKey(zeros, [
        { role: 'image', index: 0, sha256: first },
        { role: 'image', index: 1, sha256: second },
      ]);
    expect(of(a, b)).not.toBe(of(a, c));
    expect(of(a, b)).not.toBe(of(b, a));
  });

  it('refuses a hash or a role that would change the form of the text', () => {
    expect(() => contentKey(zeros, [{ role: 'image', index: 0, sha256: '' }])).toThrow('image 0');
    expect(() => contentKey(zeros, [{ role: 'im\nage', index: 0, sha256: a }])).toThrow('sha256');
  });
});

describe('the plan key', () => {
  const file = { site: 'local', path: '/data/a.tif', size: 12, mtimeMs: 1_700_000_000_000, inode: '77' };
  const inputs: readonly PlannedInput[] = [
    { role: 'image', index: 0, from: { kind: 'file', file } },
    { role: 'psf', index: 0, from: { kind: 'task', planKey: a, output: 'image' } },
  ];

  it('stands on the identity of files and on the plan keys of the tasks before', () => {
    expect(planKey(zeros, inputs)).toBe('27848b8cca53287adc6950438b1816ace80e07eb064d6dc4c08738bc41617601');
  });

  it('changes when a file was touched and when a task before it changes', () => {
    const touched: PlannedInput = {
      role: 'image',
      index: 0,
      from: { kind: 'file', file: { ...file, mtimeMs: 1 } },
    };
    const other: PlannedInput = {
      role: 'psf',
      index: 0,
      from: { kind: 'task', planKey: b, output: 'image' },
    };
    const [image, psf] = inputs;
    expect(planKey(zeros, [touched, ...(psf ? [psf] : [])])).not.toBe(planKey(zeros, inputs));
    expect(planKey(zeros, [...(image ? [image] : []), other])).not.toBe(planKey(zeros, inputs));
  });
});

describe('the difference of two keys', () => {
  it('is empty when nothing changed', () => {
    const inputs = [{ role: 'image', index: 0, sha256: a }];
    expect(diffKeyParts(parts, parts, inputs, inputs)).toEqual([]);
  });

  it('names each component with what it was and what it is, and null for what is absent', () => {
    const after: KeyParts = {
      ...parts,
      values: { iterations: 20 },
      cacheVersion: 1,
      environment: { LANG: 'C', OMP: '1' },
    };
    expect(
      diffKeyParts(
        parts,
        after,
        [{ role: 'image', index: 0, sha256: a }],
        [{ role: 'image', index: 0, sha256: b }],
      ),
    ).toEqual([
      { component: 'cacheVersion', from: 0, to: 1 },
      { component: 'values.iterations', from: 10, to: 20 },
      { component: 'values.angle', from: 31.8, to: null },
      { component: 'inputs.image[0]', from: a, to: b },
      { component: 'environment.OMP', from: null, to: '1' },
    ]);
  });
});
