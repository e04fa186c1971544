import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localSite, parseProfiles, parseSite } from '../../../src/sites/index.ts';
import { expectFit, mutated } from '../../mutated-text.ts';

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
      limits: { arraySize: 1000, pollShortest: 30, pollLongest: 180, fileDelay: 300, answerWithin: 240 },
      engines: ['cpu'],
    });
  });

  it('of this machine is looked at as often as this machine without one, and of another through a batch system is not', () => {
    const limits = (text: string): unknown => {
      const site = parseSite(`work: /w\n${text}`, 'x', 'x.yaml');
      return site.ok && site.value.limits;
    };
    expect(limits('transport: local\nbatch: local\n')).toEqual(localSite('/w').limits);
    expect(limits('limits: { poll-longest: 5 }\n')).toEqual({ ...localSite('/w').limits, pollLongest: 5 });
    for (const other of ['transport: local\nbatch: slurm\n', 'host: h\nbatch: local\n'])
      expect(limits(other)).toMatchObject({ pollShortest: 30, pollLongest: 180 });
  });

  const whole = `host: login.lab
user: anna
work: /scratch/me
partitions: { gpu: { default: true, cpus: 16, memory: 256GB, time: 2-00:00:00, gpus: { a100: 4 } } }
account: imaging
prelude: [module load apptainer]
containers: { runtime: apptainer, folder: /scratch/images }
limits: { array-size: 500, poll-shortest: 30, file-delay: 60 }
`;

  it('that was mutated is a site or has problems with a place, and never lets a shell in', () => {
    const safe = /^[A-Za-z0-9_.:%@+-]*$/;
    // The text as a whole, which is mostly none any more; and one word of it, quoted, so that it is judged as a word.
    const words = ['login.lab', 'anna', 'imaging', 'gpu'].map((word) =>
      mutated(word).map((text) => whole.replace(word, () => JSON.stringify(text))),
    );
    fc.assert(
      fc.property(fc.oneof(mutated(whole), ...words), (text) => {
        const site = parseSite(text, 'x', 'x.yaml');
        if (!site.ok) {
          expect(site.problems.length).toBeGreaterThan(0);
          return expectFit(site.problems, text);
        }
        const { transport, account = '', partitions } = site.value;
        for (const word of [transport.host, transport.user ?? '', account, ...Object.keys(partitions)])
          expect(word).toMatch(safe);
        expect(transport.host).not.toMatch(/^-/);
      }),
      { numRuns: 300, seed: 20_261_122 },
    );
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
    ['host: h\nwork: /w\nallowed-qos: normal', /allowed-qos/],
    ['host: h\nwork: /w\nallowed-qos: { lab: normal }', /allowed-qos\.lab/],
    ['host: h\nwork: /w\nallowed-qos: { lab: [a b] }', /allowed-qos\.lab.* word/],
  ])('is refused with a reason: %s', (text, words) => {
    expect(problems(text).join('\n')).toMatch(words);
  });
});

describe('the QOS that may be asked for', () => {
  const read = (text: string) => {
    const site = parseSite(`host: h\nwork: /w\n${text}`, 'lab', 'lab.yaml');
    return site.ok ? [site.value.allowedQos, site.value.accountQos] : site.problems;
  };

  it('are one list for all accounts, or a list for each', () => {
    expect(read('')).toEqual([undefined, undefined]);
    expect(read('allowed-qos: [normal, long]')).toEqual([['normal', 'long'], undefined]);
    expect(read('allowed-qos: { lab: [normal], ours: [normal, long] }')).toEqual([
      undefined,
      { lab: ['normal'], ours: ['normal', 'long'] },
    ]);
  });
});

describe("a facility's profile with a person's own over it", () => {
  const facility = {
    file: 'facility.yaml',
    text: 'host: login.lab\nwork: /shared\naccount: all\nprelude: [module load a]\npartitions:\n  gpu: { default: true, cpus: 32, time: 2-00:00:00, gpus: { a100: 4 } }\n  cpu: { cpus: 64 }\n',
  };
  const own = (text: string) => parseProfiles([{ file: 'own.yaml', text }, facility], 'lab');

  it('takes each key from the nearest file that has it, mappings key by key and lists whole', () => {
    const site = own('work: /scratch/me\nprelude: [module load b]\npartitions: { gpu: { time: 1h } }\n');
    expect(site.ok && site.value).toMatchObject({
      transport: { host: 'login.lab' },
      work: '/scratch/me',
      account: 'all',
      prelude: ['module load b'],
      partitions: { gpu: { isDefault: true, cpus: 32, time: 3600, gpus: { a100: 4 } }, cpu: { cpus: 64 } },
    });
  });

  it.each([
    ['partitions: { gpu: { time: 60:30 } }', 'own.yaml', /no amount of time/],
    ['wrok: /x', 'own.yaml', /wrok/],
  ])('shows where a fault stands: %s', (text, file, words) => {
    const site = own(text);
    const problems = site.ok ? [] : site.problems;
    expect(problems.map(({ message }) => message).join()).toMatch(words);
    expect(problems[0]?.place?.file).toBe(file);
  });

  it('shows a fault of the facility in its own file', () => {
    const theirs = {
      file: 'facility.yaml',
      text: 'host: h\nwork: /w\npartitions: { c: { memory: much } }\n',
    };
    const site = parseProfiles([{ file: 'own.yaml', text: 'account: me\n' }, theirs], 'lab');
    expect(site.ok ? undefined : site.problems[0]?.place?.file).toBe('facility.yaml');
  });

  it('needs a work directory in one of them', () => {
    const site = parseProfiles([{ file: 'own.yaml', text: 'host: h\n' }], 'lab');
    expect(site.ok ? [] : site.problems.map(({ message }) => message)).toEqual(['`work` is missing']);
  });
});
