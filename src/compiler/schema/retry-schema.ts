import { z } from 'zod';
import { type FailureClass, failureClasses, isFailureClass } from '../../model/index.ts';
import { plainName } from '../../tools/index.ts';

const times = z.int().min(0).max(100).describe('How often; never with 0.');
const factor = z
  .string()
  .regex(/^[x×] ?(?:[1-9]\d?|1)(?:\.\d+)?$/, 'is a factor such as `x2` or `x1.5`')
  .describe('Factor on what was asked for, up to what the site can give: x2.');

const rule = z.union([
  times,
  z.strictObject({
    times: times.optional(),
    memory: factor.optional(),
    time: factor.optional(),
    node: z.enum(['other']).optional().describe('other: not on a node where it failed.'),
    partition: plainName.optional().describe('Another partition or queue.'),
  }),
]);

export type RuleFile = z.infer<typeof rule>;

const retryable: readonly FailureClass[] = Object.keys(failureClasses)
  .filter(isFailureClass)
  .filter((name) => failureClasses[name].retryable);

const entries = retryable.map(
  (name) => [name, rule.optional().describe(failureClasses[name].means)] as const,
);

export const retrySchema = z
  .strictObject(Object.fromEntries(entries))
  .describe('What is tried again: for each class of failure how often, and with what.');

export const onFailureSchema = z
  .enum(['stop', 'skip', 'continue'])
  .describe(
    'When a task has failed for good: stop the run, skip what depends on it (unless stated), or let groups go on without it.',
  );
