import { expect, it } from 'vitest';
import { renderResumePlan } from '../../../src/cli/render/resume-plan.ts';
import type { ResumePlan } from '../../../src/run/index.ts';

const waiting: ResumePlan = { run: '20260101-120000-abcd', kept: 3, open: ['a:1', 'a:2'], again: [] };

it('says that what waits or runs already does not get what --with asks for, and what to do for that', () => {
  expect(renderResumePlan(waiting, true, 100)).toBe(
    'run 20260101-120000-abcd: 3 result(s) stand\n  2 not done yet: they go on',
  );
  expect(renderResumePlan({ ...waiting, ask: { memory: 1e9 } }, true, 100)).toMatch(
    /they go on\n {4}as they were asked for: .*`espalier cancel 20260101-120000-abcd`$/,
  );
});
