import { describe, expect, it } from 'vitest';
import { freshWishes, withCtrlC } from '../../../src/cli/follow.ts';

/** Strokes of Ctrl-C at these times, in milliseconds. */
async function press(takes: 'elements' | 'arrays', times: readonly number[]) {
  const said: string[] = [];
  const wishes = freshWishes();
  let now = 0;
  await withCtrlC(
    (text) => said.push(text),
    wishes,
    () => now,
    takes,
    async () => {
      for (const at of times) {
        now = at;
        process.emit('SIGINT');
      }
    },
  );
  return { wishes, said: said.join('') };
}

describe('Ctrl-C', () => {
  it('on a cluster leaves, and ends no job however often it is pressed', async () => {
    const { wishes, said } = await press('arrays', [0, 1000, 2000]);
    expect(wishes).toEqual({ drain: true, kill: false });
    expect(said).toContain('Detached: the jobs go on without this machine.');
    expect(said).not.toContain('Ending');
  });

  it('on this machine begins nothing new the first time, and ends what runs the second', async () => {
    expect((await press('elements', [0])).wishes).toEqual({ drain: true, kill: false });
    const { wishes, said } = await press('elements', [0, 1000]);
    expect(wishes).toEqual({ drain: true, kill: true });
    expect(said).toContain('Ending what runs.');
  });

  it('that is heard twice within a moment is one stroke', async () => {
    expect((await press('elements', [0, 100])).wishes).toEqual({ drain: true, kill: false });
  });
});
