import { formatMemory, formatTime, parseTaskId } from '../../model/index.ts';
import type { ResumePlan } from '../../run/index.ts';
import { oneLine } from './one-line.ts';
import { renderTable } from './table.ts';

/** What a resume will do and why, before it does it. */
export function renderResumePlan(plan: ResumePlan, repeats: boolean, room: number): string {
  const { run, kept, open, again, ask } = plan;
  const lines = [`run ${run}: ${kept} result(s) stand`];
  if (open.length > 0) lines.push(`  ${open.length} not done yet: they go on`);
  if (open.length > 0 && ask !== undefined)
    lines.push(`    as they were asked for: for --with to hold for them, first \`espalier cancel ${run}\``);
  if (again.length > 0) lines.push(renderTable(['step', 'again', 'why', 'with'], rows(plan), room));
  else if (open.length === 0) lines.push(repeats ? '  nothing is left to do' : '  nothing goes on');
  return lines.join('\n');
}

function rows({ again, ask }: ResumePlan): readonly (readonly (string | number)[])[] {
  const groups = new Map<string, { step: string; why: string; count: number; asks: boolean }>();
  for (const { task, why, asks } of again) {
    const step = parseTaskId(task)?.step ?? task;
    const key = `${step}\n${why}\n${asks}`;
    const group = groups.get(key) ?? { step, why, count: 0, asks };
    groups.set(key, group);
    group.count++;
  }
  return [...groups.values()].map(({ step, why, count, asks }) => [
    step,
    count,
    oneLine(why),
    asks ? describeAsk(ask ?? {}) : 'as before',
  ]);
}

function describeAsk(ask: NonNullable<ResumePlan['ask']>): string {
  return Object.entries(ask)
    .map(([name, value]) => {
      if (typeof value !== 'number') return `${name} ${value}`;
      if (name === 'memory' || name === 'scratch') return `${name} ${formatMemory(value)}`;
      return name === 'time' ? `time ${formatTime(value)}` : `${name} ${value}`;
    })
    .join(', ');
}

/** What became of the workflow's file since the run was planned, and what a new run of it would do. */
export function renderEdits(edits: NonNullable<ResumePlan['edits']>, room: number): string {
  const file = `\`${oneLine(edits.file)}\``;
  switch (edits.is) {
    case 'gone':
      return `${file} is no longer there; the run goes by the plan that it has`;
    case 'broken':
      return [
        `${file} was changed since the run was planned, and no plan can be made of it now:`,
        ...edits.problems.map((problem) => `  ${oneLine(problem)}`),
      ].join('\n');
    case 'edited': {
      const table = edits.steps.map(({ step, reuse, run, changed }) => [step, reuse, run, oneLine(changed)]);
      return [
        `${file} was changed since the run was planned. A new run of it would do this:`,
        renderTable(['step', 'reuse', 'run', 'changed'], table, room),
        'This run keeps the plan that it has; the changes are no part of it.',
      ].join('\n');
    }
  }
}
