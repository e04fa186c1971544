import { expect, test } from 'vitest';
import { decodePlan, encodePlan } from '../../../src/provenance/index.ts';
import { keyPartsOf, smallPlan } from './story.ts';

test('a plan is a line for itself, one for each task and one for each key, and is read as it was written', () => {
  const plan = smallPlan(['a', 'two\nlines “é”']);
  const keyParts = new Map(plan.tasks.map((task) => [task.staticKey, keyPartsOf(task)]));
  const bytes = encodePlan(plan, keyParts);
  const lines = Buffer.from(bytes).toString('utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 4 + 4);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    format: 1,
    workflow: plan.workflow,
    steps: plan.steps,
    parameters: plan.parameters,
  });
  expect(lines[1]).toMatch(/^\{"id":"deskew:1",/);
  expect(JSON.parse(lines[8] ?? '')).toEqual({
    staticKey: plan.tasks[3]?.staticKey,
    parts: keyParts.get(plan.tasks[3]?.staticKey ?? ''),
  });
  expect(decodePlan(bytes)).toEqual({ plan, keyParts });
  expect(decodePlan(lines.join('\n'))).toEqual({ plan, keyParts });
});

test('more tasks than fit into one piece of text are all written, in order', () => {
  const labels = Array.from({ length: 2500 }, (_, i) => `item ${i}`);
  const plan = smallPlan(labels);
  expect(decodePlan(encodePlan(plan, new Map())).plan.tasks.map(({ id }) => id)).toEqual(
    plan.tasks.map(({ id }) => id),
  );
});

test('equal plans are equal texts', () => {
  const plan = smallPlan(['a']);
  expect(Buffer.from(encodePlan(plan, new Map())).equals(encodePlan(smallPlan(['a']), new Map()))).toBe(true);
});
