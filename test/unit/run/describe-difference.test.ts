import { describe, expect, test } from 'vitest';
import { describeDifference } from '../../../src/run/describe-difference.ts';

const command = (threshold: number): string =>
  `mask --in {{ inputs.image }} --channel {{ item.channel }} --out {{ outputs.mask }} --threshold ${threshold} --smooth 2 --fill-holes`;

describe('what changed of a key, in words', () => {
  test('short values are told whole', () => {
    expect(describeDifference({ component: 'parameter.n', from: 3, to: 4 })).toBe('parameter.n: 3 → 4');
    expect(describeDifference({ component: 'container', from: null, to: 'a.sif' })).toBe(
      'container: nothing → a.sif',
    );
  });

  test('of long values the part that differs is shown, wherever it is', () => {
    const said = describeDifference({ component: 'command', from: command(5), to: command(8) });
    expect(said).toMatch(/^command: ….*--threshold 5 .*→ ….*--threshold 8 /);
    expect(said.length).toBeLessThan(150);
    const longer = describeDifference({ component: 'command', from: command(5), to: `${command(5)} -v` });
    expect(longer).toMatch(/--fill-holes → ….*--fill-holes -v$/);
    expect(describeDifference({ component: 'command', from: 'true', to: command(5) })).toMatch(
      /^command: true → mask --in .*…$/,
    );
  });
});
