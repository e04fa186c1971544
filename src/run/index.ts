/**
 * The library: where plans, decisions, sites and the ledger meet. Everything here takes its surroundings as `Settings` and
 * gives values; it prints nothing, exits nowhere and reads no environment. The command line is its first client.
 */
export { Backend } from '../backends/index.ts';
export { type CollectionDescription, describeCollection } from '../collections/index.ts';
export { type KeyDifference, toolSchema, workflowSchema } from '../compiler/index.ts';
export { renderProblem } from '../documents/index.ts';
export {
  type AttemptDetail,
  describeCause,
  Ledger,
  type Lineage,
  type RunRow,
  type TaskRow,
} from '../provenance/index.ts';
export type { RunState } from '../scheduler/index.ts';
export { adoptRun } from './adopt-run.ts';
export { cancelRun } from './cancel-run.ts';
export { checkWorkflow } from './check-workflow.ts';
export { describeDifference } from './describe-difference.ts';
export type { Wishes } from './drive/drive-context.ts';
export { explainTask, findTask, type TaskReason } from './explain-task.ts';
export { fetchResults } from './fetch-results.ts';
export { type FollowLogs, followLogs } from './follow-logs.ts';
export { type Forecast, forecastRun } from './forecast.ts';
export { forecastSubmission, type SubmissionForecast } from './forecast-submission.ts';
export { checkToolFile, loadTools } from './load-tools.ts';
export { describeMissing, type MadeWithout, madeWithout } from './made-without.ts';
export { type PlannedRun, type PlanRequest, planRun } from './plan-run.ts';
export { previewScripts } from './preview-scripts.ts';
export { readLogs, type TaskLog } from './read-logs.ts';
export { ResultCourier } from './result-courier.ts';
export { parseAsks } from './resume/parse-asks.ts';
export { type ResumePlan, resumeRun } from './resume/resume-run.ts';
export type { ResumeWishes } from './resume/select-again.ts';
export { ledgerPath, type Settings } from './settings.ts';
export { addSite } from './sites/add-site.ts';
export { examineSite } from './sites/examine-site.ts';
export { loadSite, profileFiles, siteNames } from './sites/load-site.ts';
export { loginCommand } from './sites/login-command.ts';
export type { SiteCheck } from './sites/site-check.ts';
export { startRun } from './start-run.ts';
export { type FailureGroup, type RunSummary, summarizeRun } from './summarize-run.ts';
export { type RunView, viewRun } from './view-run.ts';
export { type OpenSite, runOrLatest, withLedger, withRun, withSite } from './with-site.ts';
export { writeReport } from './write-report.ts';
