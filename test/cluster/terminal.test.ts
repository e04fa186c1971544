import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { noTerminal, type Sitter } from '../cli/sitter.ts';
import { cluster, onCluster } from './cluster.ts';
import { copy, type FaultDesk, faultDesk, shown } from './faults.ts';
import { oneTimeCode, password } from './otto.ts';

const sockets: string[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0))
    spawnSync('ssh', ['-o', `ControlPath=${socket}`, '-O', 'exit', 'login']);
});

function ottosDesk(name: string, transport: string): FaultDesk {
  const desk = faultDesk(name, 2, copy);
  const profile = desk
    .read('home/sites/bed.yaml')
    .replace('host: login\n', `host: login\nuser: otto\ntransport: ${transport}\n`);
  desk.write({ 'home/sites/bed.yaml': profile.replace('work: /scratch/runs', 'work: /scratch/runs-otto') });
  // A connection of its own.
  desk.env = { TMPDIR: desk.folder };
  return desk;
}

/** Answers both questions; gives the code. */
async function logsIn(person: Sitter): Promise<string> {
  const code = oneTimeCode();
  await person.sees('Password: ');
  person.types(password);
  await person.sees('Verification code: ');
  person.types(code);
  return code;
}

/** Neither in what the terminal showed, nor in any file of the laptop or of the run on the cluster. */
async function expectSecret(
  desk: FaultDesk,
  codes: readonly string[],
  persons: readonly Sitter[],
): Promise<void> {
  const { folder } = await shown(desk);
  expect(readdirSync(join(desk.folder, 'home'))).toContain('ledger.sqlite');
  const words = ['-rlaw', '-D', 'skip', '-e', password, ...codes.flatMap((code) => ['-e', code])];
  expect(spawnSync('grep', [...words, desk.folder], { encoding: 'utf8' }).stdout).toBe('');
  expect(cluster.root('login', `grep ${words.join(' ')} ${folder} /home/otto`).stdout).toBe('');
  expect(
    cluster.root('login', `find ${folder}/logs ${folder}/records ${folder}/arrays -type f | wc -l`).stdout,
  ).not.toBe('0\n');
  for (const { shown: text } of persons)
    for (const word of [password, ...codes]) expect(text).not.toContain(word);
}

onCluster(`a password and a second factor, typed at a terminal${noTerminal}`, () => {
  it.skipIf(noTerminal !== '')(
    'stand in no ledger, log, script, record or report (the built-in client)',
    async () => {
      const desk = ottosDesk('otto-ssh', 'ssh');
      const runs = desk.sit('run', 'w.yaml', '--site', 'bed');
      const first = await logsIn(runs);
      expect(await runs.ended, runs.shown).toBe(0);
      const fetches = desk.sit('fetch', '--to', join(desk.folder, 'got'));
      const second = await logsIn(fetches);
      expect(await fetches.ended, fetches.shown).toBe(0);
      expect((await desk.espalier('report', '--to', join(desk.folder, 'report.html'))).code).toBe(0);
      expect(desk.read('report.html')).toContain('otto-ssh');
      await expectSecret(desk, [first, second], [runs, fetches]);
    },
  );

  it.skipIf(noTerminal !== '')(
    'stand in none of them (OpenSSH), and one login serves what follows',
    async () => {
      const desk = ottosDesk('otto-openssh', 'openssh');
      const early = await desk.espalier('run', 'w.yaml', '--site', 'bed');
      expect([early.code, early.stderr]).toEqual([3, expect.stringContaining('espalier site login bed')]);
      const login = desk.sit('site', 'login', 'bed');
      const code = await logsIn(login);
      expect(await login.ended, login.shown).toBe(0);
      const [folder = ''] = readdirSync(desk.folder).filter((name) => name.startsWith('espalier-ssh-'));
      for (const name of readdirSync(join(desk.folder, folder)))
        sockets.push(join(desk.folder, folder, name));
      const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect((await desk.espalier('report', '--to', join(desk.folder, 'report.html'))).code).toBe(0);
      await expectSecret(desk, [code], [login]);
    },
  );

  it.skipIf(noTerminal !== '')(
    'that somebody thinks better of is refused in words, and begins nothing',
    async () => {
      const desk = ottosDesk('otto-wrong', 'ssh');
      const person = desk.sit('run', 'w.yaml', '--site', 'bed');
      await person.sees('Password: ');
      person.types('lattice-dark');
      await person.sees('Verification code: ');
      person.presses('\x03');
      expect(await person.ended, person.shown).toBe(3);
      expect(person.shown).toMatch(/`login` does not let `otto` in/);
      expect(person.shown).not.toMatch(/lattice-dark|\n\s+at /);
      expect((await desk.json<{ runs: readonly object[] }>('runs')).runs).toEqual([]);
    },
  );
});
