import { describe, expect, it } from 'vitest';
import { parseSite, readProbe, renderProfile } from '../../../src/sites/index.ts';

// As the test cluster printed it, a banner before it.
const seen = `Welcome to the cluster
@user=anna
@folder=/home/anna
@free=69009408 /home/anna
@slurm=slurm-wlm 24.11.5
@array=1001
@accounting=accounting_storage/slurmdbd
@default=cpu*
@node=cpu|16|8000|gpu:2|1:00:00
@node=gpu|16|8000|gpu:2|1:00:00
@account=imaging
@assoc=imaging||normal|
@runtime=apptainer
@version=apptainer version 1.4.5
`;

// Written by hand after the manual of sinfo: nodes that differ, types of GPU, no limit of time.
const mixed = `@user=carl
@folder=/scratch/carl
@folder=/home/carl
@slurm=slurm 23.02.7
@array=
@accounting=accounting_storage/none
@default=long*
@node=long|32|128000|(null)|infinite
@node=long|64+|512000+|gpu:a100:4(S:0-1),gpu:v100:2|infinite
@node=short|8|16000|gpu:a100:1,shard:8|30:00
@node=a b|8|16000|(null)|30:00
@assoc=one|200|normal,long|normal
@assoc=two|50|normal,gpu|
@assoc=two|50|a day,night|
@runtime=singularity
@version=singularity-ce version 4.1.2
`;

describe('what a login host says', () => {
  it('is read', () => {
    expect(readProbe(seen)).toEqual({
      user: 'anna',
      folders: ['/home/anna'],
      free: { '/home/anna': 69_009_408 * 1024 },
      slurm: 'slurm-wlm 24.11.5',
      maxArraySize: 1001,
      hasAccounting: true,
      defaultAccount: 'imaging',
      partitions: [
        { name: 'cpu', isDefault: true, cpus: 16, memory: 8000 * 1024 ** 2, time: 3600, gpus: { gpu: 2 } },
        { name: 'gpu', isDefault: false, cpus: 16, memory: 8000 * 1024 ** 2, time: 3600, gpus: { gpu: 2 } },
      ],
      accounts: ['imaging'],
      qos: { imaging: ['normal'] },
      runtime: 'apptainer',
      runtimeVersion: 'apptainer version 1.4.5',
    });
  });

  it('counts the most that one node of a partition has', () => {
    const { partitions, maxArraySize, maxSubmit, accounts, qos, defaultQos, hasAccounting } =
      readProbe(mixed);
    expect(partitions).toEqual([
      { name: 'long', isDefault: true, cpus: 64, memory: 512000 * 1024 ** 2, gpus: { a100: 4, v100: 2 } },
      { name: 'short', isDefault: false, cpus: 8, memory: 16000 * 1024 ** 2, time: 1800, gpus: { a100: 1 } },
    ]);
    expect({ maxArraySize, maxSubmit, accounts, qos, defaultQos, hasAccounting }).toEqual({
      maxSubmit: 50,
      accounts: ['one', 'two'],
      qos: { one: ['long', 'normal'], two: ['gpu', 'night', 'normal'] },
      defaultQos: 'normal',
      hasAccounting: false,
    });
  });

  it('may be nothing', () => {
    expect(readProbe('')).toEqual({
      user: '',
      folders: [],
      free: {},
      hasAccounting: false,
      partitions: [],
      accounts: [],
      qos: {},
    });
  });
});

describe('a profile of what was found', () => {
  const transport = { kind: 'ssh', host: 'login', user: 'anna', configFile: '/etc/x' } as const;

  it.each([seen, mixed])('can be read, and says the same', (text) => {
    const found = readProbe(text);
    const profile = renderProfile({ transport, work: "/scratch/it's mine" }, found);
    const parsed = parseSite(profile, 'bed', 'bed.yaml');
    expect(parsed.ok ? [] : parsed.problems).toEqual([]);
    if (!parsed.ok) return;
    expect(parsed.value).toMatchObject({ transport, work: "/scratch/it's mine", batch: 'slurm' });
    expect(Object.values(parsed.value.partitions)).toEqual(found.partitions);
    expect(parsed.value.containers).toMatchObject({ runtime: 'apptainer', program: found.runtime });
    expect(parsed.value.limits).toMatchObject({ arraySize: 1000 });
    expect(parsed.value.limits.submitted).toBe(found.maxSubmit);
    expect(parsed.value.account).toBeUndefined();
  });

  it('has one list of QOS where all accounts have the same, and one for each where they differ', () => {
    const write = (text: string) => {
      const profile = renderProfile({ transport, work: '/w' }, readProbe(text));
      const parsed = parseSite(profile, 'bed', 'bed.yaml');
      return parsed.ok ? parsed.value : undefined;
    };
    expect(write(seen)?.allowedQos).toEqual(['normal']);
    expect(write(seen)?.accountQos).toBeUndefined();
    expect(write(seen.replace('@assoc', '@assoc=lab||normal|\n@assoc'))?.allowedQos).toEqual(['normal']);
    const byAccount = write(mixed);
    expect(byAccount?.allowedQos).toBeUndefined();
    expect(byAccount?.accountQos).toEqual({ one: ['long', 'normal'], two: ['gpu', 'night', 'normal'] });
    // Which of the lists holds without `account` only the cluster knows: it is asked, and written down.
    expect(byAccount?.account).toBeUndefined();
    expect(write(mixed.replace('@user', '@account=two\n@user'))?.account).toBe('two');
  });

  it('says what only a person can add', () => {
    const profile = renderProfile(
      { transport, work: '/w' },
      readProbe(seen.replace('@runtime=apptainer\n', '')),
    );
    expect(profile).toContain('# account: imaging');
    expect(profile).toContain('Without `qos` the cluster takes its default.');
    expect(profile).toContain('# containers: { runtime: apptainer, prelude: [module load apptainer] }');
  });
});
