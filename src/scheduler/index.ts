/**
 * Decisions as pure functions: how tasks are packed into arrays, what is ready, what an observation means. Values in, values
 * out; it knows no file, no process, no clock and no ledger.
 */
export { applyEvents, type DatedEvent, markEnded } from './apply-events.ts';
export { type ArrangeOptions, arrange } from './arrange.ts';
export { type Action, type Capacity, decide, type SiteRule } from './decide.ts';
export { judge } from './judge.ts';
export {
  elementKey,
  type Judgement,
  type JudgeOptions,
  type Observation,
  type SeenEnd,
} from './observation.ts';
export { homelessTasks, liveElements } from './placement.ts';
export { parseRecordLine } from './record-line.ts';
export { type ArrayStatus, type ElementStatus, initialState, type RunState } from './run-state.ts';
