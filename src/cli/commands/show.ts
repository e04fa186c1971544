import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { EspalierError, formatMemory, formatTime, type PlannedStep } from '../../model/index.ts';
import type { AttemptDetail, Ledger, RunRow, TaskRow } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { renderMadeWith } from '../render/made-with.ts';
import { oneLine } from '../render/one-line.ts';
import { renderTable } from '../render/table.ts';
import { showTime } from '../render/time.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';
import { renderStatus } from './status.ts';

type Options = CommonOptions & { readonly words?: readonly string[] | undefined; readonly tasks: boolean };

export const show = defineCommand({
  command: 'show [words..]',
  describe: 'Show a run, a task ([RUN] TASK) or a file, as the ledger knows it',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('words', {
        type: 'string',
        array: true,
        describe: 'A run, a task with its run before it, or a file (default: the latest run)',
      })
      .option('tasks', { type: 'boolean', default: false, describe: 'With a run: list its tasks' }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withLedger, madeWithout, describeMissing } = await import('../../run/index.ts');
    const settings = readSurroundings();
    return withLedger(settings, async (ledger) => {
      const subject = findSubject(options.words ?? [], ledger);
      const json = options.output === 'json';
      if (subject.kind === 'run') {
        const tasks = options.tasks || json ? ledger.tasks(subject.run.run) : [];
        const text = [
          renderStatus(subject.run, ledger, settings.clock()),
          renderParameters(subject.run),
          ...(options.tasks ? [renderTasks(tasks)] : []),
        ];
        terminal.out(
          json
            ? renderJson({ run: subject.run, steps: ledger.stepCounts(subject.run.run), tasks })
            : text.filter((part) => part !== '').join('\n\n'),
        );
      } else if (subject.kind === 'task') {
        const { run } = subject.run;
        const planned = ledger.steps(run).find(({ name }) => name === subject.task.step);
        const missing = madeWithout(ledger, run).find(({ task }) => task === subject.task.task);
        const detail = {
          run,
          ...subject.task,
          without: missing?.without ?? [],
          attempts: ledger.attempts(run, subject.task.task),
        };
        terminal.out(
          json
            ? renderJson({ ...detail, container: planned?.container })
            : renderTask(detail, planned, missing && describeMissing(missing)),
        );
      } else {
        terminal.out(json ? renderJson({ file: subject.file }) : renderFile(subject.file));
      }
      return exitCode.done;
    });
  },
});

type FileRow = NonNullable<ReturnType<Ledger['artifactByPath']>>;
type TaskDetail = NonNullable<ReturnType<Ledger['task']>>;
type Subject =
  | { readonly kind: 'run'; readonly run: RunRow }
  | { readonly kind: 'task'; readonly run: RunRow; readonly task: TaskDetail }
  | { readonly kind: 'file'; readonly file: FileRow };

/** A file that the ledger knows, else a task of the latest run, else a run. */
function findSubject(words: readonly string[], ledger: Ledger): Subject {
  const latest = ledger.latestRun();
  const [first, second] = words;
  if (latest === undefined)
    throw new EspalierError('no-run', 'the ledger holds no run yet', { hint: 'begin with `espalier demo`' });
  if (first === undefined) return { kind: 'run', run: latest };
  if (second !== undefined) {
    const run = ledger.run(first);
    const task = ledger.task(run.run, second);
    if (task === undefined)
      throw new EspalierError('no-task', `run \`${run.run}\` has no task \`${second}\``, {
        hint: '`espalier show RUN --tasks` lists them',
      });
    return { kind: 'task', run, task };
  }
  const file = ledger.artifactByPath(resolve(first));
  if (file !== undefined) return { kind: 'file', file };
  if (existsSync(first) && first.includes('/')) {
    throw new EspalierError('unknown-file', `the ledger knows no file \`${first}\``, {
      hint: 'no run has read or written it',
    });
  }
  const task = ledger.task(latest.run, first);
  if (task === undefined && first.includes(':')) {
    throw new EspalierError('no-task', `the latest run, \`${latest.run}\`, has no task \`${first}\``, {
      hint: `\`espalier show ${latest.run} --tasks\` lists them; name another run before the task`,
    });
  }
  return task === undefined ? { kind: 'run', run: ledger.run(first) } : { kind: 'task', run: latest, task };
}

function renderParameters({ parameters }: RunRow): string {
  const rows = Object.entries(parameters).map(([name, { value, origin, source }]) => [
    name,
    oneLine(String(value)),
    origin,
    oneLine(source),
  ]);
  return rows.length === 0 ? '' : renderTable(['parameter', 'value', 'from', 'in detail'], rows);
}

function renderTasks(tasks: readonly TaskRow[]): string {
  return renderTable(
    ['task', 'item', 'state', 'attempts', 'note'],
    tasks.map((task) => [
      task.task,
      oneLine(task.label),
      task.state,
      task.attempt,
      oneLine(task.message ?? ''),
    ]),
  );
}

function renderTask(
  task: TaskDetail & { readonly run: string; readonly attempts: readonly AttemptDetail[] },
  planned: PlannedStep | undefined,
  missing: string | undefined,
): string {
  const values = Object.entries(task.values).map(([name, { value, origin, source }]) => [
    name,
    oneLine(String(value)),
    origin,
    oneLine(source),
  ]);
  const from =
    task.cachedFrom === null
      ? []
      : [
          `served by  ${task.cachedFrom.task} attempt ${task.cachedFrom.attempt} of run ${task.cachedFrom.run}`,
        ];
  return [
    [
      `task       ${task.task} of run ${task.run}`,
      `item       ${oneLine(task.label)}`,
      `state      ${task.state}${task.message === null ? '' : `: ${oneLine(task.message)}`}`,
      ...(missing === undefined ? [] : [`inputs     ${missing}`]),
      ...(planned === undefined ? [] : [`made with  ${renderMadeWith(planned)}`]),
      ...from,
    ].join('\n'),
    values.length === 0 ? '' : renderTable(['parameter', 'value', 'from', 'in detail'], values),
    ...task.attempts.map(renderAttempt),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderAttempt(attempt: AttemptDetail): string {
  const took =
    attempt.startedMs === null || attempt.endedMs === null
      ? ''
      : `, took ${formatTime((attempt.endedMs - attempt.startedMs) / 1000)}`;
  const peak =
    attempt.peakKb === null || attempt.peakKb === 0 ? 'not recorded' : formatMemory(attempt.peakKb * 1024);
  const asked =
    attempt.asked === null
      ? ''
      : ` (${askedBy(attempt)} ${formatMemory(attempt.asked.memory)} and ${formatTime(attempt.asked.time)})`;
  const file = (each: {
    readonly role: string;
    readonly path: string;
    readonly sha256: string;
    readonly state: string;
  }): string =>
    `    ${each.role}  ${oneLine(each.path)}  sha256 ${each.sha256}${each.state === 'present' ? '' : `  (${each.state})`}`;
  const image =
    attempt.container === null
      ? []
      : [
          `  image sha256 ${attempt.container}, run by ${oneLine(attempt.runtime ?? 'what was not recorded')}`,
        ];
  return [
    `attempt ${attempt.attempt}: ${attempt.state}${attempt.message === null ? '' : `, ${oneLine(attempt.message)}`}`,
    `  on ${attempt.node ?? attempt.host ?? 'a host not recorded'}, began ${showTime(attempt.startedMs)}${took}, peak memory ${peak}${asked}`,
    ...(attempt.batchRow === null ? [] : [`  the batch system said ${oneLine(attempt.batchRow)}`]),
    `  exit ${attempt.exit ?? 'not recorded'}, key ${attempt.contentKey ?? 'not recorded'}`,
    `  command ${oneLine(attempt.command ?? 'not recorded')}`,
    ...image,
    '  inputs',
    ...attempt.inputs.map(file),
    '  outputs',
    ...attempt.outputs.map(file),
  ].join('\n');
}

function askedBy({ together }: AttemptDetail): string {
  return together > 1 ? `one job of ${together} tasks asked for` : 'asked for';
}

function renderFile(file: FileRow): string {
  const by = file.madeBy;
  const maker =
    by === null
      ? 'nothing in this ledger made it'
      : `${by.task} attempt ${by.attempt} of run ${by.run}, as ${by.role}${by.byContent ? ' (by content: the file was put there by hand)' : ''}`;
  return [
    `file    ${oneLine(file.path)} on ${file.site}`,
    `sha256  ${file.sha256}`,
    `size    ${file.size} bytes`,
    `state   ${file.state}`,
    `made by ${maker}`,
    `more    espalier trace ${oneLine(file.path)}`,
  ].join('\n');
}
