import { expect, it } from 'vitest';
import { ended } from '../cli/espalier.ts';
import { cluster, isQueueEmpty, onCluster, running, until } from './cluster.ts';
import {
  copy,
  cutConnections,
  events,
  expectOnce,
  faultDesk,
  gated,
  hangingSbatch,
  shown,
  standIn,
  successes,
} from './faults.ts';

/** Milliseconds; what is not seen for this long, and has no record, would be taken to be gone. */
const longerThanARecord = 8000;

onCluster('a scheduler that answers badly', () => {
  it('by a squeue that hangs or fails, while the accounting does not answer, ends nothing and doubles nothing (a stand-in for both)', async () => {
    const desk = faultDesk('bad-squeue', 3, gated());
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('running jobs', () => running().length === 3);
    const noAccounting = standIn('sacct', 'exit 1');
    for (const body of [
      'sleep 4; exec "$real" "$@"',
      'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1',
    ]) {
      const from = Date.now();
      const bad = standIn('squeue', body);
      await until('bad answers', () => bad.seen() >= 2 && Date.now() - from > longerThanARecord);
      bad.end();
    }
    noAccounting.end();
    desk.go();
    const { code, stdout } = await end;
    expect(code, stdout).toBe(0);
    await expectOnce(desk, 3);
  });

  it('by a squeue that says nothing at all for longer than a record may take, while the accounting does not answer, ends nothing and doubles nothing (a stand-in for both)', async () => {
    const desk = faultDesk('no-squeue', 3, gated());
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('running jobs', () => running().length === 3);
    const noAccounting = standIn('sacct', 'exit 1');
    const bad = standIn('squeue', 'exit 0');
    const from = Date.now();
    await until('silence', () => bad.seen() >= 5 && Date.now() - from > longerThanARecord);
    bad.end();
    noAccounting.end();
    desk.go();
    const { code, stdout } = await end;
    expect(code, stdout).toBe(0);
    await expectOnce(desk, 3);
  });

  it('by words before every answer, and by a cluster behind every id, is understood all the same (a stand-in for sbatch, squeue and sacct)', {
    timeout: 200_000,
  }, async () => {
    const talk = 'echo "Welcome | to | the | cluster"; echo "9_0|COMPLETED|None|x"';
    const bad = [
      standIn('squeue', `${talk}; exec "$real" "$@"`),
      standIn('sacct', `${talk}; exec "$real" "$@"`),
      standIn('sbatch', `${talk}; id=$("$real" "$@") || exit; echo "$id;lattice"`),
    ];
    const desk = faultDesk('talk', 3, copy);
    const { code, stdout, stderr } = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    for (const each of bad) each.end();
    expect(code, stdout + stderr).toBe(0);
    // Nothing had to be tried again, or looked for, because its answer was not understood.
    expect(events(desk).filter(({ kind }) => kind === 'submission-failed')).toEqual([]);
    await expectOnce(desk, 3);
  });
});

onCluster('a cluster without accounting', () => {
  it('has every task judged by its record and the queue, also one whose wrapper was killed and one that was cancelled (a stand-in for sacct)', async () => {
    const fail = '[ {{ item.t }} != 2 ] || { echo no light >&2; exit 3; }';
    const die = '[ {{ item.t }} != 3 ] || { kill -KILL $(ps -o ppid= $PPID); sleep 60; }';
    // Who cancelled it, only the accounting would know. By element: the job id of the last to start is the whole array's.
    const element = '"$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"';
    const cancel = `[ {{ item.t }} != 4 ] || { scancel ${element}; sleep 60; }`;
    const desk = faultDesk('no-sacct', 4, `${fail}; ${die}; ${cancel}; ${copy}`);
    const bad = standIn('sacct', 'echo "Slurm accounting storage is disabled" >&2; exit 1');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    const doctor = await desk.espalier('site', 'doctor', 'bed', '--no-job');
    bad.end();
    const { counts } = await shown(desk);
    expect(counts, ran.stdout + ran.stderr).toEqual({
      succeeded: 2,
      failed: 1,
      lost: 1,
      cancelled: 1,
      skipped: 4,
    });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/first:2 .*failed \[exit\]: ended with code 3/);
    expect(ran.stdout).toMatch(/first:3 .*lost/);
    expect(ran.stdout).toMatch(/first:4 .*cancelled/);
    expect(doctor.stdout).toMatch(/accounting +(\S+) +sacct does not answer/);
    expect((await desk.espalier('ledger', 'check')).code).toBe(0);
  });
});

onCluster('a submission', () => {
  it('that was taken, whose answer never came and whose link broke, is found and completed (a stand-in for sbatch)', async () => {
    const desk = faultDesk('hung-sbatch', 3, gated());
    const bad = hangingSbatch();
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('the array that was taken', () => running().length === 3);
    cutConnections();
    desk.go();
    const { code, stdout, stderr } = await end;
    expect(code, stdout + stderr).toBe(0);
    await bad.letGo();
    await until('the queue to run empty', isQueueEmpty);
    await expectOnce(desk, 3);
  });

  it('that was taken when espalier was killed, before it heard so, is found and completed (a stand-in for sbatch)', async () => {
    const desk = faultDesk('killed-sbatch', 3, gated());
    const bad = hangingSbatch();
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('the array that was taken', () => running().length === 3);
    child.kill('SIGKILL');
    await end;
    const submitted = () => events(desk).filter(({ kind }) => kind === 'array-submitted').length;
    expect(submitted()).toBe(0);
    const again = ended(desk.begin('resume'));
    await until('all arrays', () => submitted() === 3);
    desk.go();
    const { code, stdout, stderr } = await again;
    expect(code, stdout + stderr).toBe(0);
    await bad.letGo();
    await until('the queue to run empty', isQueueEmpty);
    await expectOnce(desk, 3);
  });

  it('to a slurmctld that does not answer for 20 s is taken later, and never twice', async () => {
    const desk = faultDesk('stopped-ctld', 3, copy);
    cluster.root('login', 'kill -STOP $(cat /run/slurm/slurmctld.pid)');
    const from = Date.now();
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('20 s', () => Date.now() - from > 20_000);
    cluster.root('login', 'kill -CONT $(cat /run/slurm/slurmctld.pid)');
    const { code, stdout, stderr } = await end;
    expect(code, stdout + stderr).toBe(0);
    await expectOnce(desk, 3);
  });

  it('waits for a slurmctld that is down, and a slurmdbd that is down and comes back changes nothing', async () => {
    const desk = faultDesk('down', 3, gated());
    cluster.root('login', 'kill $(cat /run/slurm/slurmctld.pid)');
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('a refusal', () => events(desk).some(({ kind }) => kind === 'submission-failed'));
    cluster.root('login', 'runuser -u slurm -- /usr/sbin/slurmctld');
    await until('running jobs', () => running().length === 3);
    cluster.root('login', 'kill $(cat /run/slurm/slurmdbd.pid)');
    await until('no accounting', () => cluster.login('sacct -n').code !== 0);
    desk.go();
    await until('the queue to run empty', isQueueEmpty);
    cluster.root('login', 'runuser -u slurm -- /usr/sbin/slurmdbd');
    const { code, stdout, stderr } = await end;
    expect(code, stdout + stderr).toBe(0);
    await expectOnce(desk, 3);
  });
});

onCluster('a job', () => {
  it('whose node is lost runs again elsewhere, and is one task', async () => {
    const desk = faultDesk('node-lost', 2, gated());
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('running jobs', () => running().length === 2);
    const nodes = cluster.login('squeue -h -t R -o %N').stdout.trim().split('\n');
    const [lost = 'cn1'] = nodes;
    // As if its power had gone: nothing on it has a last word.
    cluster.root(
      lost,
      'ps -eo pid=,user=,args= | awk \'$2 == "anna" || /[s]lurm(d|stepd)/ { print $1 }\' | xargs -r kill -KILL',
    );
    cluster.root('login', `scontrol update nodename=${lost} state=down reason=test`);
    await until('a requeue', () => cluster.login('squeue -h -t PD -o %r').stdout.includes('BeginTime'));
    expect(cluster.root(lost, '/usr/sbin/slurmd').code).toBe(0);
    cluster.root('login', `scontrol update nodename=${lost} state=resume`);
    cluster.root(
      'login',
      'for j in $(squeue -h -r -t PD -o "%r %i" | sed -n "s/^BeginTime //p"); do scontrol update JobId=$j StartTime=now+8; done',
    );
    desk.go();
    const { code, stdout, stderr } = await end;
    expect(code, stdout + stderr).toBe(0);
    await expectOnce(desk, 2);
  });

  it('that somebody else cancelled is named as cancelled; resume completes the run', async () => {
    const desk = faultDesk('cancelled', 3, gated());
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('running jobs', () => running().length === 3);
    const { run } = await shown(desk);
    const id = running().find((each) => each.endsWith('_1')) ?? '';
    cluster.root('login', `scancel ${id}`);
    await until('its end', () => running().length === 2);
    desk.go();
    const first = await end;
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(/first:2 .*CANCELLED/);
    expect((await shown(desk)).counts).toMatchObject({ cancelled: 1 });
    const again = await desk.espalier('resume', run);
    expect(again.code, again.stderr + again.stdout).toBe(0);
    expect((await shown(desk)).counts).toEqual({ succeeded: 7 });
  });

  it('of several tasks whose third one kills its wrapper loses that one alone, and the others go on', async () => {
    const kill =
      'if [ {{ item.t }} = 3 ] && [ ! -e "$GATE" ]; then kill -KILL $(ps -o ppid= $PPID); sleep 60; fi';
    const desk = faultDesk('killer', 5, `${kill}; ${copy}`);
    desk.write({
      'w.yaml': desk.read('w.yaml').replace('    for-each: raw\n', '    for-each: raw\n    pack: 5\n'),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    const { counts, run } = await shown(desk);
    expect(counts, ran.stdout).toEqual({ succeeded: 8, lost: 1, skipped: 2 });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/first:3 .*lost/);
    desk.go();
    const again = await desk.espalier('resume', run);
    expect(again.code, again.stderr + again.stdout).toBe(0);
    expect((await shown(desk)).counts).toEqual({ succeeded: 11 });
    expect(successes(desk)).toHaveLength(11);
  });
});
