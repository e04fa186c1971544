import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { diffKeyParts } from '../../compiler/index.ts';
import { formatMemory, formatTime, type KeyParts, type Plan, type Resources } from '../../model/index.ts';
import type { RunRow } from '../../provenance/index.ts';
import { describeDifference } from '../describe-difference.ts';
import { type Forecast, forecastRun } from '../forecast.ts';
import { type PlannedRun, planRun } from '../plan-run.ts';
import type { Settings } from '../settings.ts';
import type { OpenSite } from '../with-site.ts';

/** How a workflow's file differs by now from what the run was planned from. The run's own plan never changes. */
export interface WorkflowEdits {
  readonly file: string;
  /** `gone`: the file is not there; `broken`: no plan can be made of it, see `problems`. */
  readonly is: 'edited' | 'gone' | 'broken';
  readonly problems: readonly string[];
  readonly steps: readonly EditedStep[];
}

/** What a new run of the edited file would do. */
export interface EditedStep {
  readonly step: string;
  readonly reuse: number;
  readonly run: number;
  /** What changed, in words; the most frequent reason where items differ. */
  readonly changed: string;
}

/** Undefined where the file is as it was. Plans the edited file, and submits nothing. */
export async function findEdits(
  run: RunRow,
  before: PlanWithKeys,
  open: OpenSite,
  settings: Settings,
): Promise<WorkflowEdits | undefined> {
  const file = run.workflowFile;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { file, is: 'gone', problems: [], steps: [] };
  if (createHash('sha256').update(text).digest('hex') === run.workflowSha256) return undefined;
  const planned = await planRun(
    {
      file,
      data: run.dataFolder,
      set: settingsOf(run.arguments),
      acknowledge: run.acknowledged,
      arguments: run.arguments,
    },
    settings,
    open,
  );
  if (!planned.ok)
    return { file, is: 'broken', problems: planned.problems.map(({ message }) => message), steps: [] };
  const forecast = await forecastRun(planned.value, open.ledger, open);
  return { file, is: 'edited', problems: [], steps: compareSteps(before, planned.value, forecast) };
}

/** `--set NAME=VALUE` as it was typed when the run was planned. */
function settingsOf(words: readonly string[]): Readonly<Record<string, string>> {
  const given = words.flatMap((word, at) => {
    if (word.startsWith('--set=')) return [word.slice(6)];
    return word === '--set' ? (words[at + 1] ?? []) : [];
  });
  return Object.fromEntries(
    given.flatMap((text) => {
      const at = text.indexOf('=');
      return at > 0 ? [[text.slice(0, at), text.slice(at + 1)]] : [];
    }),
  );
}

/** Tasks of a step that are compared: what an edit changes it changes for the first of them too. */
const mostCompared = 20;

type PlanWithKeys = Pick<PlannedRun, 'plan' | 'keyParts'>;

function compareSteps(
  before: PlanWithKeys,
  now: PlanWithKeys,
  forecast: readonly Forecast[],
): readonly EditedStep[] {
  const gone = before.plan.steps
    .filter(({ name }) => !now.plan.steps.some((step) => step.name === name))
    .map(({ name }) => ({ step: name, reuse: 0, run: 0, changed: 'it is no longer there' }));
  const here = now.plan.steps.map(({ name }): EditedStep => {
    const mine = forecast.filter(({ step }) => step === name);
    const run = mine.filter(({ will }) => will === 'run').length;
    return { step: name, reuse: mine.length - run, run, changed: whatChanged(name, before, now) };
  });
  return [...here, ...gone];
}

function whatChanged(step: string, before: PlanWithKeys, now: PlanWithKeys): string {
  if (!before.plan.steps.some(({ name }) => name === step)) return 'it is new';
  const [was, is] = [tasksOf(step, before.plan), tasksOf(step, now.plan)];
  return [
    ...new Set(is.slice(0, mostCompared).flatMap(({ label }) => keyChanges(step, label, before, now))),
    ...(was.length === is.length ? [] : [`${was.length} → ${is.length} tasks`]),
    ...compareRequests(was[0]?.resources, is[0]?.resources),
  ].join('; ');
}

function tasksOf(step: string, plan: Plan): Plan['tasks'] {
  return plan.tasks.filter((task) => task.step === step);
}

function keyChanges(step: string, label: string, before: PlanWithKeys, now: PlanWithKeys): readonly string[] {
  const [was, is] = [partsOf(step, label, before), partsOf(step, label, now)];
  return was === undefined || is === undefined ? [] : diffKeyParts(was, is, [], []).map(describeDifference);
}

function partsOf(step: string, label: string, { plan, keyParts }: PlanWithKeys): KeyParts | undefined {
  const task = plan.tasks.find((each) => each.step === step && each.label === label);
  return task && keyParts.get(task.staticKey);
}

function compareRequests(before: Resources | undefined, now: Resources | undefined): readonly string[] {
  if (before === undefined || now === undefined) return [];
  return [
    ...(before.memory === now.memory
      ? []
      : [`memory: ${formatMemory(before.memory)} → ${formatMemory(now.memory)}`]),
    ...(before.time === now.time ? [] : [`time: ${formatTime(before.time)} → ${formatTime(now.time)}`]),
    ...(before.cpus === now.cpus ? [] : [`cpus: ${before.cpus} → ${now.cpus}`]),
    ...(before.gpus === now.gpus ? [] : [`gpus: ${before.gpus} → ${now.gpus}`]),
    ...(before.partition === now.partition
      ? []
      : [`partition: ${before.partition ?? 'any'} → ${now.partition ?? 'any'}`]),
  ];
}
