/**
 * The ledger: what was planned, what happened, and how every file was made, in one SQLite file on the machine that
 * submits. It knows no YAML, no cluster, no process and no clock of its own; only this room speaks SQL.
 */
export type { StoredEvent } from './chain.ts';
export type { CheckResult } from './check.ts';
export { Ledger, type LedgerOptions } from './ledger.ts';
export { decodePlan, encodePlan, findTask, type PlanWithKeys } from './plan-text.ts';
export type { OpenArray, OpenElement } from './queries/arrays.ts';
export type { ArtifactRow, LocatedFile, MadeBy } from './queries/artifacts.ts';
export type { AttemptDetail, AttemptRow, FileRow, MadeFile, UsedFile } from './queries/attempts.ts';
export type { EventRow } from './queries/events.ts';
export type { ImpactFile, Lineage, LineageAttempt, LineageFile } from './queries/lineage.ts';
export type { Candidate, EarlierAttempt, Serving } from './queries/reuse.ts';
export type { RunInput, RunOutput, StepValue } from './queries/run-files.ts';
export type { Driver, RunRow } from './queries/runs.ts';
export type { StepCounts, StepTimes } from './queries/steps.ts';
export type { AttemptRef, TaskDetail, TaskFilter, TaskRow } from './queries/tasks.ts';
