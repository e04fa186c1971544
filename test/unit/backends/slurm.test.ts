import { describe, expect, it } from 'vitest';
import { type Question, type Submission, slurmBatch } from '../../../src/backends/index.ts';
import type { Resources, Site } from '../../../src/model/index.ts';
import { localSite } from '../../../src/sites/index.ts';

// Rows and texts as a live Slurm 24.11 gave them, unless a test says that they are by hand from the manual.

const site: Site = {
  ...localSite('/work'),
  name: 'bed',
  batch: 'slurm',
  account: 'imaging',
  partitions: {
    cpu: { name: 'cpu', isDefault: true, cpus: 16, memory: 8 * 1024 ** 3, time: 3600, gpus: {} },
    gpu: { name: 'gpu', isDefault: false, cpus: 8, memory: 4 * 1024 ** 3, time: 7200, gpus: { a100: 2 } },
  },
};
const slurm = slurmBatch(site);
const asks: Resources = { cpus: 2, gpus: 0, memory: 100 * 1024 ** 2 + 1, time: 90, scratch: 0 };
const question: Question = { natives: ['7_0', '7_1', '7_2', '7_3'], tokens: ['r.a1'], ageSeconds: 100 };

function job(token: string, more: Partial<Submission> = {}): Submission {
  return {
    token,
    script: `/runs/r/arrays/${token}/job.sh`,
    runFolder: '/runs/r',
    indices: [0, 1, 2, 3],
    after: [],
    ...more,
  };
}

function listed(...rows: readonly string[]) {
  return slurm.parseListing(`${rows.join('\n')}\n@@ 0\n`, question);
}

describe('a listing', () => {
  it('expands the row of waiting elements, and lets an element speak for itself', () => {
    const listing = listed(
      '7_[0-3%2]|PENDING|Priority|r.a1',
      '7_1|RUNNING|None|r.a1',
      '7_2|COMPLETED|None|r.a1',
    );
    expect([...(listing?.alive ?? [])].sort()).toEqual(['7_0', '7_1', '7_3']);
    expect(listing?.ended.get('7_2')).toEqual({ how: 'completed', raw: '7_2|COMPLETED|None|r.a1' });
  });

  it('says nothing when it was cut, failed, or has no end', () => {
    expect(listed('7_[0,2-3,5-6,8-9,11-12,14-15,|PENDING|None|r.a1')).toBeUndefined();
    expect(slurm.parseListing('7_0|RUNNING|None|r.a1\n@@ 1\n', question)).toBeUndefined();
    expect(slurm.parseListing('7_0|RUNNING|None|r.a1\n', question)).toBeUndefined();
    expect(slurm.parseListing('', question)).toBeUndefined();
  });

  it('passes over what is not ours: a banner, rows of other arrays and programs', () => {
    const listing = listed(
      'Welcome | to | the | cluster',
      '123_[4%1]|PENDING|None|other',
      '9_0|RUNNING|None|r.a11',
    );
    expect(listing?.alive.size).toBe(0);
    expect(listing?.ended.size).toBe(0);
  });

  it.each([
    ['FAILED', 'failed'],
    ['OUT_OF_MEMORY', 'out-of-memory'],
    ['TIMEOUT', 'time'],
    ['DEADLINE', 'time'],
    ['NODE_FAIL', 'node'],
    ['BOOT_FAIL', 'node'],
    ['PREEMPTED', 'preempted'],
    ['CANCELLED by 1000', 'cancelled'],
    ['CANCELLED', 'cancelled'],
    ['REVOKED', 'node'],
  ])('takes %s for an end: %s', (state, how) => {
    expect(listed(`7_0|${state}|None|r.a1`)?.ended.get('7_0')?.how).toBe(how);
  });

  it.each([
    'RUNNING',
    'COMPLETING',
    'REQUEUED',
    'REQUEUE_HOLD',
    'STAGE_OUT',
    'SUSPENDED',
    'SIGNALING',
    'STOPPED',
  ])('takes %s for going on', (state) => {
    expect(listed(`7_0|${state}|None|r.a1`)?.alive.has('7_0')).toBe(true);
  });

  it('takes a state that it does not know for going on, and says so once', () => {
    const listing = listed('7_0|DREAMING|None|r.a1', '7_1|DREAMING|None|r.a1');
    expect(listing?.alive.has('7_0')).toBe(true);
    expect(listing?.notUnderstood).toEqual(['Slurm says `DREAMING`: it is taken to go on']);
  });

  it('tells one that was dropped for its dependency from one that a person cancelled', () => {
    const listing = listed('7_1|CANCELLED|DependencyNeverSatisfied|r.a1', '7_2|CANCELLED|None|r.a1');
    expect(listing?.ended.get('7_1')?.how).toBe('dropped');
    expect(listing?.ended.get('7_2')?.how).toBe('cancelled');
  });

  it('lets a bare row speak for what is left of a cancelled array', () => {
    const listing = listed('7_0|CANCELLED|Dependency|r.a1', '7|CANCELLED|Dependency|r.a1');
    expect([...(listing?.ended.keys() ?? [])].sort()).toEqual(['7_0', '7_1', '7_2', '7_3']);
  });

  it.each([
    ['PartitionTimeLimit', 'more time than the partition allows'],
    ['Dependency,DependencyNeverSatisfied', 'an earlier job that it waits for failed'],
    ['job requeued in held state', 'requeued and is held'],
    ['AssocGrpCPUMinutes', 'hours of your account are used up'],
    ['JobHeldAdmin', 'held by an administrator'],
  ])('names what will never begin: %s', (reason, words) => {
    expect(listed(`7_[0-3]|PENDING|${reason}|r.a1`)?.stuck.get('7_2')?.why).toContain(words);
  });

  it.each([
    'Priority',
    'Resources',
    'None',
    'Dependency',
    'BeginTime',
    'JobArrayTaskLimit',
    'QOSMaxJobsPerUserLimit',
  ])('leaves alone what only waits: %s', (reason) => {
    expect(listed(`7_[0-3]|PENDING|${reason}|r.a1`)?.stuck.size).toBe(0);
  });
});

describe('the accounting', () => {
  const remembered = (...rows: readonly string[]) =>
    slurm.history?.parse(`${rows.join('\n')}\n@@ 0\n`, question);

  it('is asked for a bounded time, by name', () => {
    expect(slurm.history?.command({ ...question, ageSeconds: 7200 })).toContain('-S now-3hours');
    expect(slurm.history?.command(question)).toContain('--name=r.a1');
  });

  it('tells ends, and a requeued job is over there', () => {
    const listing = remembered(
      '7_0|CANCELLED by 2001|0:0|2026-11-24T07:00:00|r.a1',
      '7_1|REQUEUED|0:0|2026-11-24T07:00:00|r.a1',
    );
    expect(listing?.ended.get('7_0')?.how).toBe('cancelled');
    expect(listing?.ended.get('7_1')?.how).toBe('preempted');
  });

  it('that is disabled or down cannot tell', () => {
    expect(slurm.history?.parse('Slurm accounting storage is disabled\n@@ 1\n', question)).toBeUndefined();
  });
});

describe('a submission', () => {
  const graph = [
    job('r.a1'),
    job('r.a2', { after: [{ token: 'r.a1', how: 'item' }] }),
    job('r.a3', {
      indices: [0],
      after: [
        { token: 'r.a2', how: 'all' },
        { native: '5', how: 'all' },
      ],
    }),
  ];
  const answer = (...blocks: readonly [string, string, string][]): string =>
    `Welcome!\n${blocks.map(([token, code, text]) => `@@ ${token} ${code}\n${text}\n@@ end\n`).join('')}`;

  it('hands over a whole graph: item by item, then all, with ids that are known only there', () => {
    const text = slurm.submitCommand(graph);
    expect(text).toContain('--array=0-3');
    expect(text).toContain('--kill-on-invalid-dep=yes --dependency=aftercorr:${esp_id_0} ');
    expect(text).toContain('--dependency=afterany:${esp_id_1}:5 ');
    expect(text.match(/^(if .*; then )?esp_sub \d/gm)).toHaveLength(3);
  });

  it('quotes a run folder of any name', () => {
    const text = slurm.submitCommand([job('r.a1', { runFolder: "/it's; $(here)" })]);
    expect(text).toContain(`'--chdir=/it'\\''s; $(here)'`);
  });

  it('reads ids after a banner, with a cluster name, and after warnings', () => {
    const out = answer(['r.a1', '0', 'sbatch: lua: hello\n41;lattice'], ['r.a2', '0', '42']);
    const [first, second] = slurm.parseSubmitted(out, graph);
    expect(first?.native).toBe('41');
    expect(first?.elements[3]).toEqual({ index: 3, native: '41_3' });
    expect(second?.native).toBe('42');
  });

  it.each([
    'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\nsbatch: error: Batch job submission failed: Resource temporarily unavailable',
    "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
  ])('is tried again later: %s', (text) => {
    expect(slurm.parseSubmitted(answer(['r.a1', '1', text]), graph)[0]?.refused?.again).toBe('later');
  });

  it.each([
    'sbatch: error: invalid partition specified: nosuch\nsbatch: error: Batch job submission failed: Invalid partition name specified',
    'sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available',
    'sbatch: error: Invalid --time specification',
  ])('is refused for good: %s', (text) => {
    const [refusal] = slurm.parseSubmitted(answer(['r.a1', '1', text]), graph);
    expect(refusal?.refused?.again).toBe('never');
    expect(refusal?.refused?.reason).not.toContain('sbatch: ');
  });

  it('is in doubt when the scheduler did not answer in time, or the answer was cut', () => {
    const text = 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation';
    expect(slurm.parseSubmitted(answer(['r.a1', '1', text]), graph)).toEqual([]);
    expect(slurm.parseSubmitted('@@ r.a1 0\n41\n', graph)).toEqual([]);
  });

  it('is found again by its token, whole, and only by a queue that answers', () => {
    const found = slurm.parseFound('41_[0-3]|PENDING|None|r.a1\n@@ 0\n@@ 1\n', [job('r.a1')]);
    expect(found?.[0]?.elements).toHaveLength(4);
    expect(
      slurm.parseFound('@@ 0\n41_2|COMPLETED|0:0|2026-11-24T07:00:00|r.a1\n@@ 0\n', [job('r.a1')])?.[0]
        ?.native,
    ).toBe('41');
    expect(slurm.parseFound('@@ 0\n41_2|FAILED|1:0|None|r.a1\n@@ 0\n', [job('r.a1')])).toEqual([]);
    expect(slurm.parseFound('@@ failed\n', [job('r.a1')])).toBeUndefined();
  });
});

describe('a request', () => {
  it('is spelled so that no version misreads it', () => {
    const lines = slurm.directives({ ...asks, gpus: 1, gpu: 'a100', time: 3661 });
    expect(lines).toContain('#SBATCH --mem=101M');
    expect(lines).toContain('#SBATCH --time=0-01:01:01');
    expect(lines).toContain('#SBATCH --gres=gpu:a100:1');
    expect(lines).toContain('#SBATCH --partition=gpu');
    expect(lines).toContain('#SBATCH --account=imaging');
  });

  it('goes to the default partition where that fits, else to the first that does', () => {
    expect(slurm.directives(asks)).toContain('#SBATCH --partition=cpu');
    expect(slurm.directives({ ...asks, time: 5000 })).toContain('#SBATCH --partition=gpu');
  });

  it.each([
    [{ gpus: 3 }, 'asks for 3 GPUs on a node, and no partition of `bed` gives that'],
    [{ gpus: 1, gpu: 'h100' }, 'asks for 1 h100 GPU on a node, and no partition of `bed` gives that'],
    [{ partition: 'night' }, 'asks for the partition `night`; `bed` has: cpu, gpu'],
    [{ partition: 'cpu', gpus: 1 }, 'asks for 1 GPU on a node, and `cpu` of `bed` does not give that'],
    [{ time: 90_000 }, 'asks for 1d 01h of time, and no partition of `bed` gives that'],
  ])('that cannot be met is refused by name: %o', (more, words) => {
    expect(slurm.refusals({ ...asks, ...more })).toEqual([words]);
  });

  it("for a QOS that the profile does not hold is refused, the profile's own too; one that it holds is not", () => {
    const strict = { ...site, allowedQos: ['normal', 'long'] };
    const words = (qos: string) => `asks for the QOS \`${qos}\`; \`bed\` allows: normal, long`;
    expect(slurmBatch(strict).refusals({ ...asks, qos: 'fast' })).toEqual([words('fast')]);
    expect(slurmBatch({ ...strict, qos: 'night' }).refusals(asks)).toEqual([words('night')]);
    expect(slurmBatch({ ...strict, qos: 'night' }).refusals({ ...asks, qos: 'long' })).toEqual([]);
    expect(slurmBatch(strict).refusals({ ...asks, qos: 'LONG' })).toEqual([]);
    expect(slurmBatch(site).refusals({ ...asks, qos: 'fast' })).toEqual([]);
  });

  it.each([
    [{ qos: 'long' }, []],
    [{ qos: 'gpu' }, ['asks for the QOS `gpu`; `bed` allows the account `imaging`: normal, long']],
    [{ qos: 'GPU', account: 'Lab' }, []],
    [
      { qos: 'long', account: 'lab' },
      ['asks for the QOS `long`; `bed` allows the account `lab`: normal, gpu'],
    ],
    [{ qos: 'fast', account: 'unheard-of' }, []],
  ])('for a QOS that is not one of its account is refused: %o', (more, expected) => {
    const byAccount = { ...site, accountQos: { imaging: ['normal', 'long'], lab: ['normal', 'gpu'] } };
    expect(slurmBatch(byAccount).refusals({ ...asks, ...more })).toEqual(expected);
  });

  it("for a QOS of any of the accounts is not refused where nobody says which account is the cluster's own choice", () => {
    const { account: _, ...unnamed } = site;
    const byAccount = { ...unnamed, accountQos: { imaging: ['normal'], lab: ['normal', 'gpu'] } };
    expect(slurmBatch(byAccount).refusals({ ...asks, qos: 'gpu' })).toEqual([]);
    expect(slurmBatch(byAccount).refusals({ ...asks, qos: 'fast' })).toEqual([
      'asks for the QOS `fast`; `bed` allows: normal, gpu',
    ]);
  });

  it('that can be met is not refused', () => {
    expect(slurm.refusals({ ...asks, gpus: 2, gpu: 'a100' })).toEqual([]);
  });
});

it('many elements are cancelled by one command, in the order given', () => {
  expect(slurm.cancelCommand(['8_0', '7_0', '7_1', '7_3'], 'end')).toBe('scancel 8_[0] 7_[0-1,3]');
});

it('a question is asked and answered without changing what was asked', () => {
  const natives = ['7_0', '7_1'];
  const tokens = ['r.a1', 'r.a2'];
  const frozen: Question = Object.freeze({
    natives: Object.freeze([...natives]) as readonly string[],
    tokens: Object.freeze([...tokens]) as readonly string[],
    ageSeconds: 9,
  });
  const rows = '7_0|RUNNING|None|r.a1\n7_1|COMPLETED|None|r.a1\n@@ 0\n';
  expect(slurm.listCommand(frozen)).toContain('squeue --me ');
  expect(slurm.parseListing(rows, frozen)).toBeDefined();
  expect(slurm.history?.command(frozen)).toContain('r.a1');
  expect(slurm.history?.parse('@@ 0\n', frozen)).toBeDefined();
  expect([frozen.natives, frozen.tokens]).toEqual([natives, tokens]);
});

it('the accounting is asked as far back as the oldest job, after three days of sleep too', () => {
  expect(slurm.history?.command({ ...question, ageSeconds: 3 * 86_400 })).toContain('-S now-73hours');
});

it('a script that hangs submits nothing more once its jobs were looked for', () => {
  const text = slurm.submitCommand([job('r.a1')]);
  expect(text).toContain('echo "$esp_mine" >/runs/r/arrays/r.a1/ticket');
  expect(slurm.findCommand([job('r.a1')])).toMatch(/^rm -f -- \/runs\/r\/arrays\/r\.a1\/ticket\n/);
});
