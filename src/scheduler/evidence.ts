import type {
  ArrayId,
  ElementStarted,
  Evidence,
  HashedInput,
  HashedOutput,
  RecordLine,
  TaskEnded,
  TaskId,
  TaskStarted,
} from '../model/index.ts';

/**
 * The facts of each task's latest start in this record; those of an earlier start are superseded. Goes through the
 * lines once, whatever the number of tasks.
 */
export function indexFacts(
  lines: readonly RecordLine[],
  array: ArrayId,
  index: number,
): (task: TaskId, attempt: number) => Evidence {
  const latest = new Map<string, { readonly host: ElementStarted | undefined; readonly own: OwnLine[] }>();
  let host: ElementStarted | undefined;
  for (const line of lines) {
    if (line.fact === 'element-started') host = line;
    if (!('task' in line)) continue;
    const key = `${line.task}/${line.attempt}`;
    if (line.fact === 'task-started') latest.set(key, { host, own: [line] });
    else latest.get(key)?.own.push(line);
  }
  return (task, attempt) => toEvidence(latest.get(`${task}/${attempt}`), array, index);
}

type OwnLine = TaskStarted | HashedInput | HashedOutput | TaskEnded;

function toEvidence(
  found: { readonly host: ElementStarted | undefined; readonly own: readonly OwnLine[] } | undefined,
  array: ArrayId,
  index: number,
): Evidence {
  const own = found?.own ?? [];
  const start = own.find((line): line is TaskStarted => line.fact === 'task-started');
  const ended = own.find((line): line is TaskEnded => line.fact === 'task-ended');
  const { host = '', gpus = '', job = '' } = found?.host ?? {};
  return {
    ...(start && {
      started: { at: start.at, host, gpus, job, command: JSON.stringify(start.command), ...imageOf(start) },
    }),
    ...(ended && { ended }),
    inputs: own.filter((line): line is HashedInput => line.fact === 'input'),
    outputs: own.filter((line): line is HashedOutput => line.fact === 'output'),
    array,
    index,
  };
}

/** Absent where it ran on the host. */
function imageOf({ container, runtime }: TaskStarted): {
  readonly container?: string;
  readonly runtime?: string;
} {
  return typeof container === 'string' && container !== ''
    ? { container, runtime: String(runtime ?? '') }
    : {};
}
