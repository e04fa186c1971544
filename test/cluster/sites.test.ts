import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, onCluster, threeSteps } from './cluster.ts';

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

function makeDesk(): Desk {
  const desk = new Desk();
  desks.push(desk);
  return desk;
}

const reach = ['--ssh-config', cluster.sshConfig];

onCluster('espalier site add', () => {
  it('writes a profile of what it finds by one command, that the doctor likes', async () => {
    const desk = makeDesk();
    const added = await desk.espalier(
      'site',
      'add',
      'mine',
      '--host',
      'login',
      '--work',
      '/scratch/mine',
      ...reach,
    );
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toMatch(/partitions +cpu, gpu/);
    expect(added.stdout).toMatch(/QOS +normal/);
    const file = join(desk.folder, 'home/sites/mine.yaml');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/work: \/scratch\/mine/);
    expect(readFileSync(file, 'utf8')).toMatch(/^allowed-qos:\n {2}- normal$/m);
    const login = await desk.espalier('site', 'login', 'mine');
    expect([login.stdout, login.stderr]).toEqual([
      'the connection to mine is open: no login is needed\n',
      '',
    ]);
    const doctor = await desk.espalier('site', 'doctor', 'mine');
    expect(doctor.code, doctor.stdout).toBe(0);
    expect(doctor.stdout).toMatch(/test job +ok +ran on cn[12]/);
  });

  it('finds the QOS that may be asked for, so that a plan with another is refused', async () => {
    const desk = deskWithSite('qos', 1);
    desks.push(desk);
    await desk.espalier('site', 'add', 'mine', '--host', 'login', '--work', '/scratch/mine', ...reach);
    const text = threeSteps('qos', desk.data, 'true').replace('bed:', 'mine:');
    const planned = async (qos: string) => {
      desk.write({ 'w.yaml': text.replace('time: 5m }', `time: 5m, qos: ${qos} }`) });
      return desk.espalier('plan', 'w.yaml', '--site', 'mine');
    };
    const refused = await planned('nosuch');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('asks for the QOS `nosuch`; `mine` allows: normal'),
    ]);
    expect((await planned('normal')).code).toBe(0);
  });

  it('finds the QOS of each account where they differ, and refuses what the account may not have', async () => {
    const account = (...commands: readonly string[]) =>
      cluster.root('login', commands.map((each) => `sacctmgr -i ${each}`).join(' && '));
    const desk = deskWithSite('accounts', 1);
    desks.push(desk);
    const made = account(
      'add qos long',
      'add account lab Description=lab Organization=lab',
      'add user anna Account=lab QOS=normal,long',
    );
    expect(made.code, made.stderr + made.stdout).toBe(0);
    try {
      const words = ['--host', 'login', '--work', '/scratch/mine', ...reach];
      const added = await desk.espalier('site', 'add', 'mine', ...words);
      expect(added.code, added.stderr).toBe(0);
      expect(added.stdout).toMatch(/QOS +imaging: normal; lab: long, normal/);
      const profile = desk.read('home/sites/mine.yaml');
      expect(profile).toMatch(/^account: imaging$/m);
      const text = threeSteps('accounts', desk.data, 'true').replace('bed:', 'mine:');
      const planned = async (wishes: string) => {
        desk.write({ 'w.yaml': text.replace('time: 5m }', `time: 5m, ${wishes} }`) });
        return desk.espalier('plan', 'w.yaml', '--site', 'mine');
      };
      expect((await planned('account: lab, qos: long')).code).toBe(0);
      for (const wishes of ['qos: long', 'account: imaging, qos: long']) {
        const { code, stderr } = await planned(wishes);
        expect([code, stderr]).toEqual([
          2,
          expect.stringContaining('asks for the QOS `long`; `mine` allows the account `imaging`: normal'),
        ]);
      }
    } finally {
      const removed = account('delete user anna Account=lab', 'delete account lab', 'delete qos long');
      expect(removed.code, removed.stderr + removed.stdout).toBe(0);
    }
  });

  it('finds free space, and the doctor asks for what no command tells', async () => {
    const desk = makeDesk();
    const added = await desk.espalier(
      'site',
      'add',
      'mine',
      '--host',
      'login',
      '--work',
      '/scratch/mine',
      ...reach,
    );
    expect(added.stdout).toMatch(/free space +[\d.]+ [A-Z]+ in \/home\/anna/);
    const asked = await desk.espalier('site', 'doctor', 'mine', '--no-job');
    expect(asked.stdout).toMatch(/purge policy +warning +nobody has said/);
    desk.write({ 'home/sites/mine.yaml': `${desk.read('home/sites/mine.yaml')}purge: 60 days\n` });
    const said = await desk.espalier('site', 'doctor', 'mine', '--no-job');
    expect(said.stdout).toMatch(/purge policy +ok +60 days/);
  });

  it('says how nodes open an image: mounted, or unpacked where they cannot mount it', async () => {
    const desk = makeDesk();
    await desk.espalier('site', 'add', 'mine', '--host', 'login', '--work', '/scratch/mine', ...reach);
    const mounted = await desk.espalier('site', 'doctor', 'mine');
    expect(mounted.stdout).toMatch(/user namespaces +ok +allowed/);
    expect(mounted.stdout).toMatch(/an image on a node +ok +runs, mounted/);
    expect(mounted.stdout).toMatch(/GPU +ok +CUDA_VISIBLE_DEVICES=[01], devices: \/dev\/nvidia0/);
    const mounters = '/usr/bin/squashfuse /usr/bin/squashfuse_ll';
    try {
      for (const node of ['cn1', 'cn2']) cluster.root(node, `chmod 0 ${mounters}`);
      const unpacked = await desk.espalier('site', 'doctor', 'mine');
      expect(unpacked.code, unpacked.stdout).toBe(0);
      expect(unpacked.stdout).toMatch(/an image on a node +warning +runs, unpacked each time/);
      expect(unpacked.stdout).toContain('ask the facility for `squashfuse`');
    } finally {
      for (const node of ['cn1', 'cn2']) cluster.root(node, `chmod 755 ${mounters}`);
    }
  });

  it('shows all that it saw where the work directory may not be written, and runs no job there', async () => {
    const desk = makeDesk();
    await desk.espalier('site', 'add', 'mine', '--host', 'login', '--work', '/scratch/mine', ...reach);
    const profile = desk.read('home/sites/mine.yaml');
    desk.write({ 'home/sites/mine.yaml': profile.replace('work: /scratch/mine', 'work: /usr/mine') });
    cluster.resetCounts();
    const { code, stdout } = await desk.espalier('site', 'doctor', 'mine');
    expect([code, cluster.counts().sbatch]).toEqual([1, undefined]);
    expect(stdout).toMatch(/^work directory +failed +\/usr\/mine: may not be written$/m);
    expect(stdout).toMatch(/^test job +failed +not run: no work directory$/m);
    expect(stdout).toContain('work directory: name another `work` in the profile');
  });

  it('never takes the place of a profile unless it is told to', async () => {
    const desk = makeDesk();
    desk.write({ 'home/sites/login.yaml': 'work: /mine\n' });
    const kept = await desk.espalier('site', 'add', 'login', '--work', '/scratch/mine', ...reach);
    expect([kept.code, desk.read('home/sites/login.yaml')]).toEqual([2, 'work: /mine\n']);
    expect(kept.stderr).toContain('there is a profile already');
    expect((await desk.espalier('site', 'add', 'login', '--force', ...reach)).code).toBe(0);
    expect(desk.read('home/sites/login.yaml')).toContain('work: /home/anna/espalier');
  });

  it.each([
    [['gate'], '`sinfo` shows no partition'],
    [['a/b', '--host', 'login'], 'is no name for a site'],
    [['x', '--host', 'no.such.host.invalid'], 'cannot be reached'],
  ])('says why not: %j', async (words, why) => {
    const desk = makeDesk();
    const ran = await desk.espalier('site', 'add', ...words, ...reach);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain(why);
  });
});
