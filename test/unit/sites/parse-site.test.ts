import { describe, expect, it } from 'vitest';
import { parseSite } from '../../../src/sites/index.ts';

function problems(text: string): readonly string[] {
  const site = parseSite(text, 'x', 'x.yaml');
  return site.ok ? [] : site.problems.map(({ message }) => message);
}

describe('a site profile', () => {
  it('needs a host and a work directory, and has a default for everything else', () => {
    const site = parseSite('host: login.lab\nwork: /scratch/me/\n', 'lab', 'lab.yaml');
    expect(site.ok && site.value).toMatchObject({
      name: 'lab',
      transport: { kind: 'openssh', host: 'login.lab' },
      batch: 'slurm',
      work: '/scratch/me',
      containers: { runtime: 'none', folder: '/scratch/me/containers' },
      limits: { arraySize: 1000, pollShortest: 30, pollLongest: 180, fileDelay: 300 },
      engines: ['cpu'],
    });
  });

  it('reads amounts as people write them', () => {
    const site = parseSite(
      'host: h\nwork: /w\npartitions: { gpu: { memory: 256GB, time: 2-00:00:00, gpus: { a100: 4 } } }',
      'x',
      'x.yaml',
    );
    expect(site.ok && site.value.partitions.gpu).toMatchObject({
      memory: 256 * 1024 ** 3,
      time: 172_800,
      gpus: { a100: 4 },
    });
  });

  it.each([
    ['work: relative', /absolute path/],
    ['host: "-oProxyCommand=evil"\nwork: /w', /host name/],
    ['host: h\nwork: /w\npartitions: { "a b": {} }', /word/],
    ['host: h\nwork: /w\naccount: "x; rm -rf /"', /word/],
    ['host: h\nwork: /w\npartitions: { c: { time: 60:30 } }', /no amount of time/],
    ['transport: openssh\nwork: /w', /needs a `host`/],
    ['hots: h\nwork: /w', /hots/],
  ])('is refused with a reason: %s', (text, words) => {
    expect(problems(text).join('\n')).toMatch(words);
  });
});
