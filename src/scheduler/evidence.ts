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
  const latest = new Map<string, OwnFacts>();
  let host: ElementStarted | undefined;
  let batch: SharedTime | undefined;
  for (const line of lines) {
    if (line.fact === 'element-started') host = line;
    if (line.fact === 'batch-started') batch = { since: line.at, ended: 0 };
    if (!('task' in line)) continue;
    const key = `${line.task}/${line.attempt}`;
    if (line.fact === 'task-started') latest.set(key, { host, own: [line] });
    const facts = latest.get(key);
    if (facts === undefined || line.fact === 'task-started') continue;
    facts.own.push(line);
    if (line.fact === 'task-ended' && line.batch !== undefined && batch !== undefined)
      facts.at = beganAt(line.at, batch);
  }
  return (task, attempt) => toEvidence(latest.get(`${task}/${attempt}`), array, index);
}

/** Of a task's latest start; `at`: when a process that had others too turned to it. */
interface OwnFacts {
  readonly host: ElementStarted | undefined;
  readonly own: OwnLine[];
  at?: number;
}

/** A process for many tasks: when it began, and how many of them have ended. */
interface SharedTime {
  readonly since: number;
  ended: number;
}

/** One process is asked only now and then what it has done: each task's share of its time until then is its time. */
function beganAt(ended: number, batch: SharedTime): number {
  batch.ended++;
  return ended - (ended - batch.since) / batch.ended;
}

type OwnLine = TaskStarted | HashedInput | HashedOutput | TaskEnded;

function toEvidence(found: OwnFacts | undefined, array: ArrayId, index: number): Evidence {
  const own = found?.own ?? [];
  const start = own.find((line): line is TaskStarted => line.fact === 'task-started');
  const ended = own.find((line): line is TaskEnded => line.fact === 'task-ended');
  const { host = '', gpus = '', job = '' } = found?.host ?? {};
  return {
    ...(start && {
      started: {
        at: found?.at ?? start.at,
        host,
        gpus,
        job,
        command: JSON.stringify(start.command),
        ...imageOf(start),
      },
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
