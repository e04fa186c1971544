import { formatMemory, formatTime } from '../../model/index.ts';
import { describeCause, type FailureGroup } from '../../run/index.ts';
import { oneLine } from './one-line.ts';

/** What went wrong, cause by cause: the class, the first task with its figures and last words, and where more is to be seen. */
export function describeFailure(group: FailureGroup): string {
  const { run, state, why, message, tasks, stderr } = group;
  const [first] = tasks;
  if (first === undefined) return '';
  const others = tasks.length > 1 ? ` and ${tasks.length - 1} more` : '';
  const lines = [
    '',
    `${first.task} (${oneLine(first.label)})${others} ${state} [${why}]: ${oneLine(message)}`,
  ];
  if (state !== 'skipped') {
    lines.push(`    ${oneLine(describeCause(group))}${tasks.length > 1 ? '; the first of them:' : ''}`);
    const figures = describeFigures(group);
    if (figures !== '') lines.push(`    ${figures}`);
    lines.push(...stderr.map((line) => `    | ${oneLine(line)}`));
    lines.push(`    more: espalier logs ${run} ${first.task}`);
  }
  return lines.join('\n');
}

/** Used against asked. */
function describeFigures({ first, tasks }: FailureGroup): string {
  const { host, tookMs, peakKb, asked, together } = first;
  const attempt = tasks[0]?.attempt ?? 0;
  const used = peakKb === null ? undefined : `used ${formatMemory(peakKb * 1024)}`;
  const memory = [used, asked && `asked for ${formatMemory(asked.memory)}`].filter(Boolean);
  const took = tookMs === null ? undefined : `took ${formatTime(tookMs / 1000)}`;
  const time = [took, asked && `asked for ${formatTime(asked.time)}`].filter(Boolean);
  return [
    ...(memory.length > 0 ? [`memory: ${memory.join(', ')}`] : []),
    ...(time.length > 0 ? [`time: ${time.join(', ')}`] : []),
    ...(asked !== null && together > 1 ? [`asked for by one job of ${together} tasks`] : []),
    ...(host === null ? [] : [`on ${oneLine(host)}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ].join('; ');
}
