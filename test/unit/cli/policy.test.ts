import { expect, test } from 'vitest';
import { renderPolicy } from '../../../src/cli/render/policy.ts';
import type { OnFailure, RetryRules } from '../../../src/model/index.ts';
import { smallPlan } from '../provenance/story.ts';

function shown(retry?: RetryRules, onFailure?: OnFailure): readonly (readonly string[])[] {
  const steps = smallPlan(['a']).steps.map((step) =>
    step.name === 'deskew' ? { ...step, ...(retry && { retry }), ...(onFailure && { onFailure }) } : step,
  );
  const [, , ...rows] = renderPolicy(steps, 200).split('\n');
  return rows.map((row) => row.split(/ {2,}/));
}

test('a plan shows what its steps say of failures: how often each is tried again, what changes then, and what becomes of the run', () => {
  const retry: RetryRules = {
    'out-of-memory': { times: 2, memory: 1.5 },
    time: { times: 1, time: 2, partition: 'long' },
    lost: { node: 'other' },
    node: { times: 0 },
  };
  expect(shown(retry, 'continue')).toEqual([
    ['deskew', 'out-of-memory', 'tried again 2 times with memory ×1.5'],
    ['deskew', 'time', 'tried again once with time ×2 in partition long'],
    ['deskew', 'lost', 'tried again on another node'],
    ['deskew', 'node', 'not tried again'],
    ['deskew', 'for good', 'groups go on without it'],
  ]);
  expect(shown(undefined, 'stop')).toEqual([['deskew', 'for good', 'the run stops']]);
});

test('a plan whose steps say nothing of failures shows no table of them', () => {
  expect(renderPolicy(smallPlan(['a']).steps, 200)).toBe('');
  expect(shown(undefined, 'skip')).toEqual([]);
});
