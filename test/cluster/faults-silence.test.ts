import { expect, it } from 'vitest';
import { ended } from '../cli/espalier.ts';
import { onCluster, running, until } from './cluster.ts';
import { events, expectOnce, type FaultDesk, faultDesk, gated, hangingSbatch } from './faults.ts';

/** Another profile of the site: how long it may take to answer, and by which client it is reached. */
function reachedBy(desk: FaultDesk, transport: string, answerWithin: number): void {
  const profile = desk.read('home/sites/bed.yaml');
  desk.write({
    'home/sites/bed.yaml': profile
      .replace('host: login\n', `host: login\ntransport: ${transport}\n`)
      .replace('limits: {', `limits: { answer-within: ${answerWithin},`),
  });
}

onCluster('an sbatch that takes an array and never answers (a stand-in for sbatch)', () => {
  it.each(['openssh', 'ssh'])(
    'is given up after its time; the array is found, the rest submitted, nothing twice: %s',
    async (transport) => {
      const desk = faultDesk(`silent-${transport}`, 3, gated());
      reachedBy(desk, transport, 10);
      const bad = hangingSbatch();
      const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
      await until('the array that was taken', () => running().length === 3);
      await until(
        'all of it',
        () => events(desk).filter(({ kind }) => kind === 'array-submitted').length === 3,
      );
      desk.go();
      const { code, stdout, stderr } = await end;
      expect(code, stdout + stderr).toBe(0);
      expect(stderr).toContain('a command on the site took longer than 10 s');
      await bad.letGo();
      await expectOnce(desk, 3);
    },
  );

  it.each([
    ['attach', 'openssh'],
    ['resume', 'ssh'],
  ])(
    'is not waited for after Ctrl-C: it detaches, says so, and %s finds the array',
    async (command, transport) => {
      const desk = faultDesk(`left-${command}`, 3, gated());
      // Longer than any test.
      reachedBy(desk, transport, 3600);
      const bad = hangingSbatch();
      const child = desk.begin('run', 'w.yaml', '--site', 'bed');
      const end = ended(child);
      await until('the array that was taken', () => running().length === 3);
      child.kill('SIGINT');
      const { code, stderr } = await end;
      expect(code, stderr).toBe(130);
      expect(stderr).toContain('Detached: the jobs go on without this machine.');
      expect(stderr).toContain('left before the site had answered');
      expect(running()).toHaveLength(3);
      expect(events(desk).some(({ kind }) => kind === 'array-submitted')).toBe(false);
      const again = ended(desk.begin(command));
      await until(
        'all of it',
        () => events(desk).filter(({ kind }) => kind === 'array-submitted').length === 3,
      );
      desk.go();
      const { code: last, stdout, stderr: said } = await again;
      expect(last, stdout + said).toBe(0);
      await bad.letGo();
      await expectOnce(desk, 3);
    },
  );
});
