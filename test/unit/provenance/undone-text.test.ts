import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newLedger, planned, smallPlan } from './story.ts';

test('a text whose batch was undone is not there, however fresh; given again it is', () => {
  const ledger = newLedger();
  const { event, blob } = planned('r1', smallPlan(['a']));
  const sha256 = createHash('sha256').update(blob).digest('hex');
  // Of a run that nobody planned: refused before anything reads the text.
  expect(() => ledger.append([{ kind: 'run-finished', run: 'none' }], [blob])).toThrow();
  expect(() => ledger.blob(sha256)).toThrow(/no text with the hash/);
  expect(() => ledger.append([event])).toThrow(/no text with the hash/);
  ledger.append([event], [blob]);
  expect(ledger.plan('r1').plan.tasks).toHaveLength(2);
});
