import {
  type FailureClass,
  failureClasses,
  failureClassOf,
  type Resources,
  type RunId,
  type TaskId,
  taskId,
} from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { runKey } from './runs.ts';

/** Tasks of a step that ended badly for one cause, with what is known of the first of them. */
export interface FailureCause {
  readonly step: string;
  readonly state: 'failed' | 'lost' | 'cancelled' | 'skipped';
  readonly class: FailureClass;
  readonly why: string;
  /** Of the first of them. */
  readonly message: string;
  readonly tasks: readonly { readonly task: TaskId; readonly label: string; readonly attempt: number }[];
  /** Where, the host with most of them first; empty where none is known. What was cancelled before it began was nowhere. */
  readonly hosts: readonly { readonly host: string; readonly count: number }[];
  readonly first: FailureFigures;
}

/** Null means not recorded. */
export interface FailureFigures {
  readonly host: string | null;
  readonly tookMs: number | null;
  readonly peakKb: number | null;
  /** By its job, for all the tasks in it. */
  readonly asked: Resources | null;
  readonly together: number;
}

interface Row {
  readonly step: string;
  readonly ordinal: number;
  readonly label: string;
  readonly state: FailureCause['state'];
  readonly why: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly host: string | null;
  readonly tookMs: number | null;
  readonly peakKb: number | null;
  readonly asked: string | null;
  readonly together: number;
}

/** What went wrong in a run, cause by cause, in the order of its steps. */
export function failures(store: Store, name: RunId): readonly FailureCause[] {
  const rows = store.all<Row>(
    `select step.name as step, task.ordinal, task.label, task.state, task.why, task.message, task.attempt,
            case when task.state = 'cancelled' and attempt.started_ms is null then null
                 else coalesce(attempt.node, attempt.host) end as host,
            attempt.ended_ms - attempt.started_ms as tookMs, attempt.peak_kb as peakKb, array.resources as asked,
            (select count(*) from attempt other where other.array = attempt.array and other.idx = attempt.idx) as together
       from task join step on step.id = task.step
       left join attempt on attempt.task = task.id and attempt.number = task.attempt
       left join array on array.id = attempt.array
      where step.run = ? and task.state in ('failed', 'lost', 'cancelled', 'skipped')
      order by step.position, task.ordinal`,
    runKey(store, name),
  );
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = causeOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].flatMap(toCause);
}

/** Where a program said what is wrong, that is part of the cause; elsewhere the sentence holds the task's own figures. */
function causeOf({ step, state, why, message }: Row): string {
  const name = failureClassOf(why ?? '');
  const saysMore = name === 'application' || name === 'lied';
  return JSON.stringify([step, state, why, saysMore ? message : '']);
}

function toCause(rows: readonly Row[]): readonly FailureCause[] {
  const [first] = rows;
  if (first === undefined) return [];
  const counts = new Map<string, number>();
  for (const { host } of rows) if (host !== null) counts.set(host, (counts.get(host) ?? 0) + 1);
  const { step, state, host, tookMs, peakKb, asked, together } = first;
  return [
    {
      step,
      state,
      class: failureClassOf(first.why ?? ''),
      why: first.why ?? 'unknown',
      message: first.message ?? '',
      tasks: rows.map(({ ordinal, label, attempt }) => ({ task: taskId(step, ordinal), label, attempt })),
      hosts: [...counts].map(([name, count]) => ({ host: name, count })).sort((a, b) => b.count - a.count),
      first: { host, tookMs, peakKb, asked: asked === null ? null : JSON.parse(asked), together },
    },
  ];
}

/** `37 tasks of deconvolve ran out of memory on cn2`. */
export function describeCause(cause: FailureCause): string {
  const { length } = cause.tasks;
  const { said } = failureClasses[cause.class];
  const verb = length === 1 ? said.replace(/^were /, 'was ').replace(/\btheir\b/g, 'its') : said;
  return `${length} ${length === 1 ? 'task' : 'tasks'} of ${cause.step} ${verb}${describeHosts(cause.hosts, length)}`;
}

const shownHosts = 3;

function describeHosts(hosts: FailureCause['hosts'], tasks: number): string {
  const [only, second] = hosts;
  if (only === undefined) return '';
  const known = hosts.reduce((sum, { count }) => sum + count, 0);
  const some = known < tasks ? `, ${known} of them` : '';
  if (second === undefined) return `${some} on ${only.host}`;
  const shown = hosts.slice(0, shownHosts).map(({ host, count }) => `${host} (${count})`);
  const more = hosts.length - shown.length;
  return `${some} on ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
