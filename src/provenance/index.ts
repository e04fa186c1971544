/**
 * The ledger: what was planned, what happened, and how every file was made, in one SQLite file on the machine that
 * submits. It knows no YAML, no cluster, no process and no clock of its own; only this room speaks SQL.
 */
export { type PackedBlob, packBlob } from './blobs.ts';
export { Ledger, type LedgerOptions } from './ledger.ts';
export { encodePlan } from './plan-text.ts';
export type { AttemptDetail, FileRow } from './queries/attempts.ts';
export { describeCause, type FailureCause } from './queries/failures.ts';
export type { Lineage } from './queries/lineage.ts';
export type { Serving } from './queries/reuse.ts';
export type { RunInput, RunOutput, StepValue } from './queries/run-files.ts';
export type { RunRow } from './queries/runs.ts';
export type { StepCounts, StepTimes } from './queries/steps.ts';
export type { AttemptRef, TaskRow } from './queries/tasks.ts';
export { decodePlan } from './read-plan.ts';
