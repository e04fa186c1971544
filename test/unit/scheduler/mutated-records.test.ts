import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, parseRecordLine } from '../../../src/scheduler/index.ts';
import { elementEnded, elementStarted, ended, judgeOptions, sha, success, task, withArray } from './story.ts';

const tasks = [task('a:1')];
const whole = Buffer.from(
  [elementStarted(), ...success('a:1').slice(0, 3), ended('a:1', { key: sha('9') }), elementEnded]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(''),
);

/** Stands in for the content key, as a hash. */
const contentKey = (_: string, inputs: readonly { readonly sha256: string }[]): string =>
  inputs[0]?.sha256 === sha('1') ? sha('9') : sha('8');

/** What is made of a record file's bytes, read as the reader of records does. */
function judged(bytes: Uint8Array) {
  const text = Buffer.from(bytes.subarray(0, bytes.lastIndexOf(10) + 1)).toString();
  const parsed = text.split('\n').map(parseRecordLine);
  const lines = parsed.flatMap((each) => (each.ok ? [each.line] : []));
  const seen = {
    records: new Map([['a1/0', lines]]),
    alive: new Set<string>(),
    recordedNative: () => undefined,
  };
  return judge(withArray(tasks, [['a:1']]), seen, judgeOptions(tasks, { contentKey })).events;
}

const succeeded = (bytes: Uint8Array) => judged(bytes).filter(({ kind }) => kind === 'task-succeeded');

describe('a record file', () => {
  it('that is whole is a success', () => {
    expect(succeeded(whole)).toHaveLength(1);
  });

  it('that was cut at any byte before the end of its task is none', () => {
    const end = whole.indexOf('\n', whole.indexOf('"task-ended"'));
    for (let length = 0; length <= end; length++) expect(succeeded(whole.subarray(0, length))).toEqual([]);
  });

  it('whose bytes were changed gives a success only of the task it belongs to, at its place, with a key that follows', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const { at, byte } of changes) bytes[at] = byte;
        for (const event of judged(bytes)) {
          if (event.kind !== 'task-succeeded') continue;
          expect(event).toMatchObject({ task: 'a:1', attempt: 1 });
          expect(event.evidence.outputs.map(({ path }) => path)).toEqual(['/out/a:1']);
          expect(event.evidence.ended?.outcome).toBe('ok');
        }
      }),
      { numRuns: 2000, seed: 20_261_126 },
    );
  });

  it('whose lines were doubled, left out or put in another order gives at most one', () => {
    const lines = whole.toString().split('\n').slice(0, -1);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), (some) => {
        expect(succeeded(Buffer.from(some.map((line) => `${line}\n`).join(''))).length).toBeLessThanOrEqual(
          1,
        );
      }),
      { numRuns: 500, seed: 20_261_126 },
    );
  });
});
