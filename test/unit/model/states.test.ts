import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deriveState, isTerminal, mayFollow, taskStateNames, taskStates } from '../../../src/model/index.ts';

/** The picture of docs/states.md, as the table draws it. */
function drawStates(): string {
  const arrows = taskStateNames.flatMap((from) => taskStates[from].next.map((to) => `  ${from} --> ${to}`));
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> waiting', ...arrows, '```'].join('\n');
}

describe('the table of task states', () => {
  it('is what docs/states.md shows', () => {
    const page = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');
    expect(page).toContain(drawStates());
    for (const name of taskStateNames) expect(page).toContain(`| \`${name}\` | ${taskStates[name].means} |`);
  });

  it('lets every state be reached from waiting, and every state lead to an end', () => {
    const reached = new Set(['waiting', ...taskStates.waiting.next]);
    expect([...reached].sort()).toEqual([...taskStateNames].sort());
    for (const name of taskStateNames) {
      expect(isTerminal(name) || taskStates[name].next.some(isTerminal)).toBe(true);
    }
  });

  it('lets no state follow itself, and leaves an end only to begin again or for a record that says better', () => {
    for (const name of taskStateNames) expect(mayFollow(name, name)).toBe(false);
    for (const name of taskStateNames.filter(isTerminal)) {
      const left = taskStates[name].next.filter((to) => to !== 'waiting');
      expect(left.every((to) => taskStates[to].good || name === 'lost')).toBe(true);
    }
  });

  it('calls only ends good, and both of these', () => {
    expect(taskStateNames.filter((name) => taskStates[name].good)).toEqual(['succeeded', 'cached']);
  });
});

describe('the state of a step or run', () => {
  it.each([
    [{}, 'empty'],
    [{ waiting: 2 }, 'waiting'],
    [{ waiting: 1, succeeded: 1 }, 'running'],
    [{ queued: 1, failed: 1 }, 'running'],
    [{ succeeded: 1, cached: 2 }, 'succeeded'],
    [{ succeeded: 1, skipped: 1 }, 'failed'],
    [{ lost: 1 }, 'failed'],
    [{ succeeded: 1, cancelled: 1, skipped: 1 }, 'cancelled'],
    [{ cancelled: 1, failed: 1 }, 'failed'],
    [{ cancelled: 1, running: 1 }, 'running'],
  ] as const)('of %j is %s', (counts, state) => {
    expect(deriveState(counts)).toBe(state);
  });
});
