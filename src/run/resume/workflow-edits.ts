import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { formatMemory, formatTime, type Plan, type Resources } from '../../model/index.ts';
import type { RunRow } from '../../provenance/index.ts';
import { type Forecast, forecastRun } from '../forecast.ts';
import { planRun } from '../plan-run.ts';
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
  plan: Plan,
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
  return { file, is: 'edited', problems: [], steps: compareSteps(plan, planned.value.plan, forecast) };
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

function compareSteps(before: Plan, now: Plan, forecast: readonly Forecast[]): readonly EditedStep[] {
  const gone = before.steps
    .filter(({ name }) => !now.steps.some((step) => step.name === name))
    .map(({ name }) => ({ step: name, reuse: 0, run: 0, changed: 'it is no longer there' }));
  const here = now.steps.map(({ name }): EditedStep => {
    const mine = forecast.filter(({ step }) => step === name);
    const run = mine.filter(({ will }) => will === 'run');
    return {
      step: name,
      reuse: mine.length - run.length,
      run: run.length,
      changed: whatChanged(name, before, now, run),
    };
  });
  return [...here, ...gone];
}

function whatChanged(step: string, before: Plan, now: Plan, run: readonly Forecast[]): string {
  if (!before.steps.some(({ name }) => name === step)) return 'it is new';
  const count = (plan: Plan): number => plan.tasks.filter((task) => task.step === step).length;
  const first = (plan: Plan): Resources | undefined =>
    plan.tasks.find((task) => task.step === step)?.resources;
  const reason = run.find(({ changed }) => changed.length > 0)?.why;
  return [
    ...(reason === undefined ? [] : [reason]),
    ...(count(before) === count(now) ? [] : [`${count(before)} → ${count(now)} tasks`]),
    ...compareRequests(first(before), first(now)),
  ].join('; ');
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
