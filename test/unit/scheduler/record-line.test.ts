import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecordLine } from '../../../src/scheduler/index.ts';
import { elementEnded, elementStarted, ended, made, read, sha, started } from './story.ts';

const lines = [
  elementStarted(),
  started('a:1'),
  read('a:1'),
  made('a:1'),
  ended('a:1', { key: sha('a') }),
  elementEnded,
];

describe('a line of a record', () => {
  it.each(lines.map((line) => [line.fact, line] as const))('is taken when it is a whole %s', (_, line) => {
    expect(parseRecordLine(JSON.stringify(line))).toEqual({ ok: true, line });
  });

  it.each(lines.flatMap((line) => Object.keys(line).map((name) => [line.fact, name, line] as const)))(
    'is not taken when a %s lacks %s or has another type there',
    (_, name, line) => {
      for (const value of [undefined, null, {}, [1], true, name === 'command' ? 'text' : []]) {
        expect(parseRecordLine(JSON.stringify({ ...line, [name]: value })).ok).toBe(false);
      }
    },
  );

  it.each([
    ['a version that is not known', { ...elementEnded, v: 2 }],
    ['a fact that is not known', { ...elementEnded, fact: 'toString' }],
    ['an outcome that is not known', { ...ended('a:1', { key: '' }), outcome: 'fine' }],
    ['a hash that is none', { ...read('a:1'), sha256: 'A'.repeat(64) }],
    ['a key that is none', { ...ended('a:1'), key: 'abc' }],
    ['an attempt that is no whole number', { ...started('a:1'), attempt: 1.5 }],
    ['a size below nothing', { ...made('a:1'), size: -1 }],
    ['a batch that is no number', { ...ended('a:1', { key: '' }), batch: '1' }],
    ['words that are not all text', { ...started('a:1'), command: ['a', 1] }],
  ])('is not taken with %s', (_, line) => {
    expect(parseRecordLine(JSON.stringify(line)).ok).toBe(false);
  });

  it('is not taken with a number beyond all numbers', () => {
    expect(parseRecordLine(JSON.stringify(made('a:1')).replace('"size":1', '"size":1e999')).ok).toBe(false);
    expect(parseRecordLine(JSON.stringify(elementEnded).replace('"at":9', '"at":1e999')).ok).toBe(false);
  });

  it('is not taken when it is torn at any place, and never throws', () => {
    for (const line of lines.map((each) => JSON.stringify(each))) {
      for (let cut = 0; cut < line.length; cut++) expect(parseRecordLine(line.slice(0, cut)).ok).toBe(false);
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseRecordLine(text).ok).toBe(false);
      }),
    );
  });
});
