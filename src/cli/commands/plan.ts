import type { Argv } from 'yargs';
import { formatMemory, formatTime } from '../../model/index.ts';
import type { Forecast, PlannedRun, SubmissionForecast } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { type PlanOptions, planOptions, planRequest } from '../plan-options.ts';
import { renderDot, renderMermaid } from '../render/graph.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { renderPolicy } from '../render/policy.ts';
import { refused, valueOrProblems } from '../render/problems.ts';
import { renderTable } from '../render/table.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions &
  PlanOptions & {
    readonly scripts: boolean;
    readonly dot: boolean;
    readonly mermaid: boolean;
    readonly tasks: boolean;
  };

export const plan = defineCommand({
  command: 'plan <file>',
  describe: 'Show what would run, and why; nothing is run',
  builder: (argv: Argv<CommonOptions>) =>
    planOptions(argv)
      .option('tasks', { type: 'boolean', default: false, describe: 'List every task' })
      .option('scripts', {
        type: 'boolean',
        default: false,
        describe: 'Print the job scripts and the tasks they would run',
      })
      .option('dot', { type: 'boolean', default: false, describe: 'Print the graph of steps for Graphviz' })
      .option('mermaid', {
        type: 'boolean',
        default: false,
        describe: 'Print the graph of steps for Mermaid',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { planRun, withSite, forecastRun, forecastSubmission, previewScripts } = await import(
      '../../run/index.ts'
    );
    const settings = readSurroundings(options.work);
    return withSite(settings, options.site, async (open) => {
      const planned = await valueOrProblems(
        await planRun(planRequest(options), settings, open),
        options,
        terminal,
      );
      if (planned === undefined) return refused;
      if (options.dot || options.mermaid) {
        terminal.out((options.dot ? renderDot : renderMermaid)(planned.plan));
        return exitCode.done;
      }
      if (options.scripts) {
        for (const { path, content } of await previewScripts(planned, open, settings, options)) {
          terminal.out(`==> ${path} <==\n${content}`);
        }
        return exitCode.done;
      }
      const forecast = await forecastRun(planned, open.ledger, open);
      const submission = forecastSubmission(planned, forecast, open, settings, options);
      terminal.out(
        options.output === 'json'
          ? renderPlanJson(planned, forecast, submission)
          : renderPlan(planned, forecast, options, submission, terminal.room),
      );
      return exitCode.done;
    });
  },
});

function renderPlanJson(
  planned: PlannedRun,
  forecast: readonly Forecast[],
  submission: SubmissionForecast | undefined,
): string {
  const { workflow, steps, parameters, tasks } = planned.plan;
  const about = new Map(forecast.map((each) => [each.task, each]));
  return renderJson({
    workflow,
    parameters,
    steps,
    submission,
    tasks: tasks.map((task) => ({
      ...task,
      will: about.get(task.id)?.will,
      why: about.get(task.id)?.why,
      changed: about.get(task.id)?.changed,
    })),
  });
}

function renderPlan(
  planned: PlannedRun,
  forecast: readonly Forecast[],
  { tasks: all, site }: Options,
  submission: SubmissionForecast | undefined,
  room: number,
): string {
  const { plan: made } = planned;
  const inside = made.steps.some(({ container, engine }) => container ?? engine);
  const rows = made.steps.map((step) => {
    const tasks = made.tasks.filter((task) => task.step === step.name);
    const mine = forecast.filter((each) => each.step === step.name);
    const first = tasks[0]?.resources;
    const asks = first === undefined ? '' : describeRequest(first);
    const will = mine.filter((each) => each.will === 'run').length;
    return [
      step.name,
      `${step.tool.name} ${step.tool.version}`,
      ...(inside ? [runsIn(step)] : []),
      tasks.length,
      will,
      mine.length - will,
      asks,
      commonReason(mine),
    ];
  });
  const columns = [
    'step',
    'tool',
    ...(inside ? ['runs in'] : []),
    'tasks',
    'run',
    'reuse',
    'each asks for',
    'why',
  ];
  const sections = [
    `${oneLine(made.workflow.name)}: ${made.tasks.length} task(s) in ${made.steps.length} step(s)`,
    renderTable(columns, rows, room),
    made.steps
      .flatMap(({ name, engine, engineReason }) =>
        engineReason === undefined ? [] : [oneLine(`${name} is computed by ${engine}, ${engineReason}`)],
      )
      .join('\n'),
    parameterTable(planned, room),
    renderPolicy(made.steps, room),
    describeSubmission(submission, site),
  ];
  if (all) {
    const list = forecast.map((each) => [each.task, oneLine(each.label), each.will, oneLine(each.why)]);
    sections.push(renderTable(['task', 'item', 'will', 'why'], list, room));
  }
  return sections.filter((text) => text !== '').join('\n\n');
}

/** What the limits of the site forbid to hand over at once, and what that asks of a person. */
function describeSubmission(submission: SubmissionForecast | undefined, site: string): string {
  if (submission === undefined) return '';
  const { arrays, elements, atOnce, limit } = submission;
  if (elements === 0) return '';
  const all = `${elements} job(s) in ${arrays} array(s)`;
  if (atOnce === elements) return `\`${site}\` gets all at once: ${all}`;
  return `\`${site}\` takes ${limit} job(s) at once: of ${all} it gets ${atOnce} now. The other ${elements - atOnce} wait on this machine until some have ended: keep it running, or come back with \`espalier attach\``;
}

/** The engine, where there is a choice, and the image's own name. */
function runsIn({ engine, container }: PlannedRun['plan']['steps'][number]): string {
  const image = container?.image.replace(/^.*\//, '');
  return oneLine([engine, image].filter((each) => each !== undefined).join(': '));
}

function describeRequest({
  cpus,
  gpus,
  memory,
  time,
}: PlannedRun['plan']['tasks'][number]['resources']): string {
  const parts = [`${cpus} cpu`, ...(gpus > 0 ? [`${gpus} gpu`] : []), formatMemory(memory), formatTime(time)];
  return parts.join(', ');
}

/** The most frequent reasons to run, in words; the rest are in `--tasks`. */
function commonReason(forecast: readonly Forecast[]): string {
  const counts = new Map<string, number>();
  for (const { will, why } of forecast) {
    const reason = will === 'reuse' ? 'nothing changed' : why;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const [first, ...others] = [...counts].sort((a, b) => b[1] - a[1]);
  if (first === undefined) return '';
  return oneLine(
    others.length === 0
      ? first[0]
      : `${first[0]} (${first[1]}); and ${others.length} more reason(s): --tasks`,
  );
}

function parameterTable({ plan: made }: PlannedRun, room: number): string {
  const rows = Object.entries(made.parameters).map(([name, { value, origin, source }]) => [
    name,
    oneLine(String(value)),
    origin,
    oneLine(source),
  ]);
  return rows.length === 0 ? '' : renderTable(['parameter', 'value', 'from', 'in detail'], rows, room);
}
