/**
 * Decisions as pure functions: how tasks are packed into arrays, what is ready, what an observation means. Values in, values
 * out; it knows no file, no process, no clock and no ledger.
 */
export { adjustTask } from './adjust-task.ts';
export { applyEvents, type DatedEvent, markEnded, markStuck } from './apply-events.ts';
export { type ArrangeOptions, arrange } from './arrange.ts';
export { type Action, type Capacity, decide, type SiteRule, type Span, skips } from './decide.ts';
export { cameAfter, completable, decideWithout } from './decide-without.ts';
export { endOpen } from './end-open.ts';
export { judge } from './judge.ts';
export {
  elementKey,
  type Judgement,
  type JudgeOptions,
  type Observation,
  type SeenEnd,
} from './observation.ts';
export { arraysNeeded, homelessTasks, liveElements, livePlaces, placesOf } from './placement.ts';
export type { Policy } from './policy.ts';
export { parseRecordLine } from './record-line.ts';
export { refuseRetries } from './refuse-retries.ts';
export { decideRetries, decideRevivals, type RetryOptions } from './retry.ts';
export {
  type ArrayStatus,
  type ElementStatus,
  initialState,
  lastAttempt,
  needsOf,
  type RunState,
} from './run-state.ts';
