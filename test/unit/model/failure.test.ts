import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failureClasses, failureClassOf, failureWords, taskOutcomes } from '../../../src/model/index.ts';

const page = readFileSync(new URL('../../../docs/failures.md', import.meta.url), 'utf8');

function times(retries: number): string {
  if (retries === 0) return 'no';
  return Number.isFinite(retries) ? `${retries} times` : 'as often as it takes';
}

describe('the classes of failures', () => {
  it('are what docs/failures.md shows', () => {
    for (const [name, { means, retries, mend }] of Object.entries(failureClasses))
      expect(page).toContain(`| \`${name}\` | ${means} | ${times(retries)} | ${mend} |`);
    for (const [word, name] of Object.entries(failureWords))
      expect(page).toContain(`| \`${word}\` | \`${name}\` |`);
  });

  it('take in every bad outcome that a record can tell', () => {
    const bad = taskOutcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'reused');
    expect(bad.filter((outcome) => !Object.hasOwn(failureWords, outcome))).toEqual([]);
  });

  it('call a word that they do not know lost, and never a success', () => {
    expect(failureClassOf('of a later version')).toBe('lost');
    expect(failureClassOf('toString')).toBe('lost');
  });
});
