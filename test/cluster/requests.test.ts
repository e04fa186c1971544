import { expect, it } from 'vitest';
import { ended } from '../cli/espalier.ts';
import { cluster, onCluster, running, until } from './cluster.ts';
import { expectOnce, faultDesk, gated } from './faults.ts';

onCluster('what a step asks for', () => {
  it('reaches Slurm: constraint, QOS, and no more side by side than `limit`', async () => {
    cluster.root('login', 'scontrol update NodeName=cn2 AvailableFeatures=bright ActiveFeatures=bright');
    const desk = faultDesk('asked', 5, gated());
    const wishes = 'constraint: bright, qos: normal, limit: 2';
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('time: 5m }', `time: 5m, ${wishes} }`) });
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('running jobs', () => running().length > 0);
    const [id = ''] = running().map((each) => each.split('_')[0]);
    const job = cluster.login(`scontrol show job ${id}`).stdout;
    expect(job).toMatch(/ArrayTaskThrottle=2\b/);
    expect(job).toMatch(/ Features=bright\b/);
    expect(job).toMatch(/ QOS=normal\b/);
    await until('two at once', () => running().length === 2);
    expect(cluster.login(`squeue -h -t R -o %N -j ${id}`).stdout).toBe('cn2\ncn2\n');
    // Slurm says why the others wait when it has tried them again.
    const why = () => cluster.login(`squeue -h -t PD -o %r -j ${id}`).stdout;
    await until('word of the limit', () => why() === 'JobArrayTaskLimit\n');
    expect(running()).toHaveLength(2);
    desk.go();
    const { code, stdout, stderr } = await end;
    cluster.root('login', 'scontrol update NodeName=cn2 AvailableFeatures= ActiveFeatures=');
    expect(code, stdout + stderr).toBe(0);
    await expectOnce(desk, 5);
  });
});
