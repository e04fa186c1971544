import type {
  ArrayId,
  ElementStarted,
  Evidence,
  HashedInput,
  HashedOutput,
  LedgerEvent,
  RecordLine,
  RunId,
  Task,
  TaskEnded,
  TaskId,
  TaskStarted,
  TaskState,
} from '../model/index.ts';
import { formatMemory, formatTime, isTerminal, mayFollow } from '../model/index.ts';
import type { ArrayStatus, ElementStatus, RunState } from './run-state.ts';

/** What was seen at one look. */
export interface Observation {
  /** All complete lines so far of an element's record, in order. */
  readonly records: ReadonlyMap<string, readonly RecordLine[]>;
  /** Native ids that the batch system shows, looked up before the records were read; undefined: the question failed. */
  readonly alive: ReadonlySet<string> | undefined;
  /** Native ids that were asked about; absent: all that there are. Of others the answer says nothing. */
  readonly asked?: ReadonlySet<string>;
  /** How the batch system says that elements ended, by native id; absent: it does not say (a machine's own processes). */
  readonly ended?: ReadonlyMap<string, SeenEnd>;
  /** The native id that a record's own account of its start gives, where the site has such (by hand, by a twin). */
  readonly recordedNative: (line: ElementStarted) => string | undefined;
}

/** What a batch system says of an element that ended, and its row as it was read. */
export interface SeenEnd {
  readonly how:
    | 'completed'
    | 'failed'
    | 'out-of-memory'
    | 'time'
    | 'node'
    | 'preempted'
    | 'cancelled'
    | 'dropped';
  readonly raw: string;
}

export interface JudgeOptions {
  readonly run: RunId;
  readonly task: (id: TaskId) => Task | undefined;
  /** Final path of an output on the site. */
  readonly outputPath: (task: Task, role: string) => string | undefined;
  readonly contentKey: (
    staticKey: string,
    inputs: readonly { readonly role: string; readonly index: number; readonly sha256: string }[],
  ) => string;
  /** sha256 that the producer of an input recorded, where it is known. */
  readonly producedHash: (task: TaskId, output: string) => string | undefined;
  /** Elements told to end, and why. */
  readonly told: ReadonlyMap<string, 'cancelled' | 'time'>;
}

export interface Judgement {
  readonly events: readonly LedgerEvent[];
  readonly ended: readonly { readonly array: ArrayId; readonly index: number }[];
}

export function elementKey(array: ArrayId, index: number): string {
  return `${array}/${index}`;
}

/**
 * What an observation means. A task has succeeded only when its record says so with every declared output and a key that
 * its inputs give; absence of an element from a listing ends it only when its record is not going on either.
 */
export function judge(state: RunState, seen: Observation, options: JudgeOptions): Judgement {
  const events: LedgerEvent[] = [];
  const ended: { array: ArrayId; index: number }[] = [];
  for (const array of state.arrays.values()) {
    for (const element of array.elements) {
      const verdict = judgeElement(array, element, state, seen, options);
      events.push(...verdict.events);
      if (verdict.ended) ended.push({ array: array.id, index: element.index });
    }
  }
  return { events, ended };
}

function judgeElement(
  array: ArrayStatus,
  element: ElementStatus,
  state: RunState,
  seen: Observation,
  options: JudgeOptions,
): { readonly events: readonly LedgerEvent[]; readonly ended: boolean } {
  const lines = seen.records.get(elementKey(array.id, element.index)) ?? [];
  const over = element.status === 'sent' && isOver(element, lines, seen);
  if (lines.length === 0 && !over) return { events: [], ended: false };
  const factsOf = indexFacts(lines, array.id, element.index);
  const end = seen.ended?.get(element.native);
  const gone = seen.alive !== undefined && !seen.alive.has(element.native);
  let open = false;
  const events: LedgerEvent[] = [];
  const started: { task: TaskId; attempt: number; at: number; host: string }[] = [];
  const notBegun: TaskId[] = [];
  for (const { task: id, attempt } of element.tasks) {
    const known = state.tasks.get(id);
    const task = options.task(id);
    if (known === undefined || task === undefined || known.settled >= attempt) continue;
    if (attempt < known.attempt) continue;
    const facts = factsOf(id, attempt);
    if (facts.ended !== undefined) {
      // Why it was ended, only the batch system tells, and a little later than the record.
      if (seen.ended !== undefined && !gone && !isFinal(end) && needsCause(facts.ended)) {
        open = true;
        continue;
      }
      const event = judgeEnd(task, attempt, facts, options, end);
      if (isNews(known.state, event)) events.push(event);
    } else if (over && !isTerminal(known.state)) {
      if (facts.started !== undefined)
        events.push(judgeVanished(task, attempt, facts, options, elementKey(array.id, element.index), end));
      else if (end?.how === 'cancelled') events.push(judgeUnbegun(task, attempt, options, end));
      else notBegun.push(id);
    } else if (facts.started !== undefined && mayFollow(known.state, 'running') && !isTerminal(known.state)) {
      started.push({ task: id, attempt, at: facts.started.at, host: facts.started.host });
    }
  }
  if (started.length > 0) events.unshift({ kind: 'tasks-started', run: options.run, tasks: started });
  if (notBegun.length > 0) {
    const why = `its element ended before it began${end === undefined ? '' : ` (${end.raw})`}`;
    events.push({ kind: 'tasks-reset', run: options.run, tasks: notBegun, why });
  }
  return { events, ended: over && !open };
}

/** What may not follow the known state is late or repeated: no news, and no event at every look. */
function isNews(state: TaskState, event: LedgerEvent): boolean {
  const to = stateAfter[event.kind];
  return to !== undefined && mayFollow(state, to);
}

const stateAfter: Readonly<Partial<Record<LedgerEvent['kind'], TaskState>>> = {
  'task-succeeded': 'succeeded',
  'task-cached': 'cached',
  'task-failed': 'failed',
  'task-skipped': 'skipped',
  'task-cancelled': 'cancelled',
};

/** The element's own last line; or it is gone from the listing, and no new start of it is under way. */
function isOver(element: ElementStatus, lines: readonly RecordLine[], seen: Observation): boolean {
  const last = lines.findLastIndex((line) => line.fact === 'element-started');
  if (lines.slice(last + 1).some((line) => line.fact === 'element-ended')) return true;
  if (seen.alive === undefined || seen.alive.has(element.native)) return false;
  const start = lines[last];
  const recorded = start?.fact === 'element-started' ? seen.recordedNative(start) : undefined;
  if (recorded === undefined) return true;
  if (seen.asked !== undefined && !seen.asked.has(recorded)) return false;
  return !seen.alive.has(recorded);
}

type OwnLine = TaskStarted | HashedInput | HashedOutput | TaskEnded;

/**
 * The facts of each task's latest start in this record; those of an earlier start are superseded. Goes through the
 * lines once, whatever the number of tasks.
 */
function indexFacts(
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

function judgeEnd(
  task: Task,
  attempt: number,
  facts: Evidence,
  options: JudgeOptions,
  end: SeenEnd | undefined,
): LedgerEvent {
  const ended = facts.ended;
  const base = { run: options.run, task: task.id, attempt, evidence: facts };
  if (ended?.outcome === 'ok' || ended?.outcome === 'reused') {
    const doubt = contradiction(task, facts, options);
    if (doubt !== undefined) return { kind: 'task-failed', ...base, why: 'contradicted', message: doubt };
    return ended.outcome === 'ok'
      ? { kind: 'task-succeeded', ...base }
      : cachedOnNode(task, facts, ended, options);
  }
  if (ended?.outcome === 'upstream') {
    return { kind: 'task-skipped', ...base, why: 'upstream', message: `skipped: ${ended.note}` };
  }
  if (ended !== undefined && end !== undefined && needsCause(ended)) {
    const cause = judgeCause(end, task, base);
    if (cause !== undefined) return cause;
  }
  const told = options.told.get(elementKey(facts.array, facts.index));
  if (ended?.outcome === 'stopped' && told !== 'time') {
    return { kind: 'task-cancelled', ...base, why: 'stopped', message: `stopped: ${ended.note}` };
  }
  const why = ended?.outcome === 'stopped' ? 'time' : (ended?.outcome ?? 'unknown');
  return { kind: 'task-failed', ...base, why, message: failureMessage(why, task, facts) };
}

/** Ended from outside: by a signal to all of the element, or by one that cannot be caught. */
function needsCause({ outcome, exit, signal }: TaskEnded): boolean {
  const killed = outcome === 'signal' && (signal === 9 || signal === 15);
  return outcome === 'stopped' || killed || (outcome === 'exit' && (exit === 137 || exit === 143));
}

/** What ended otherwise may run again: a requeue is seen as an end for a moment, until the job waits again. */
function isFinal(end: SeenEnd | undefined): boolean {
  return end?.how === 'out-of-memory' || end?.how === 'time' || end?.how === 'cancelled';
}

type EndBase = {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly evidence?: Evidence;
};

/** What the batch system says about why a task ended; undefined when it says nothing that explains it. */
function judgeCause(end: SeenEnd, task: Task, base: EndBase): LedgerEvent | undefined {
  const { memory, time } = task.resources;
  switch (end.how) {
    case 'out-of-memory': {
      const message = `it ran out of the ${formatMemory(memory)} of memory that it asked for; ask for more in \`resources\``;
      return { kind: 'task-failed', ...base, why: 'out-of-memory', message };
    }
    case 'time': {
      const message = `its element ran into its time limit; the task asked for ${formatTime(time)}: ask for more in \`resources\``;
      return { kind: 'task-failed', ...base, why: 'time', message };
    }
    case 'node':
      return { kind: 'task-lost', ...base, why: 'node', message: `its node failed (${end.raw})` };
    case 'preempted':
      return {
        kind: 'task-lost',
        ...base,
        why: 'preempted',
        message: `a more urgent job took its place (${end.raw})`,
      };
    case 'cancelled':
      return {
        kind: 'task-cancelled',
        ...base,
        why: 'cancelled',
        message: `its job was cancelled (${end.raw})`,
      };
    case 'failed':
    case 'completed':
    case 'dropped':
      return undefined;
  }
}

function judgeUnbegun(task: Task, attempt: number, options: JudgeOptions, end: SeenEnd): LedgerEvent {
  const message = `its job was cancelled before it began (${end.raw})`;
  return { kind: 'task-cancelled', run: options.run, task: task.id, attempt, why: 'cancelled', message };
}

/** What failed, on what, and what to do, from what the wrapper noted. */
function failureMessage(why: string, task: Task, { ended }: Evidence): string {
  const note = ended?.note ?? '';
  if (why === 'time')
    return `it ran longer than the ${task.resources.time} s it asked for; ask for more in \`resources\``;
  if (why === 'exit' && ended?.exit === 127)
    return `${note}: a program of its command was not found; is it installed here?`;
  if (why === 'exit' && ended?.exit === 126) return `${note}: a program of its command may not be run`;
  if (why !== 'no-input') return note;
  const [, role, index] = /role (\S+), number (\d+)/.exec(note) ?? [];
  const missing = task.inputs.find((input) => input.role === role && input.index === Number(index))?.from;
  const path = missing?.kind === 'file' ? `: \`${missing.file.path}\`` : '';
  return `${note}${path}; put the file back, or take it out of the collection`;
}

/** Why a record that claims success cannot be believed; undefined when nothing speaks against it. */
function contradiction(task: Task, facts: Evidence, options: JudgeOptions): string | undefined {
  for (const output of task.outputs) {
    const found = facts.outputs.find((fact) => fact.role === output.role);
    if (found === undefined)
      return `its record says that it succeeded, but not what became of the output \`${output.role}\``;
    if (found.path !== options.outputPath(task, output.role)) {
      return `its record puts the output \`${output.role}\` at \`${found.path}\`, where it does not belong`;
    }
  }
  const inputs = facts.inputs.map((fact) => ({ role: fact.role, index: fact.n, sha256: fact.sha256 }));
  if (
    inputs.length !== task.inputs.length ||
    options.contentKey(task.staticKey, inputs) !== facts.ended?.key
  ) {
    return 'the key in its record does not follow from its inputs';
  }
  for (const { role, index, from } of task.inputs) {
    if (from.kind !== 'task') continue;
    const made = options.producedHash(from.task, from.output);
    const read = inputs.find((input) => input.role === role && input.index === index)?.sha256;
    if (made !== undefined && made !== read) {
      return `it read another content of \`${role}\` than \`${from.task}\` wrote: the file changed in between`;
    }
  }
  return undefined;
}

function cachedOnNode(task: Task, facts: Evidence, ended: TaskEnded, options: JudgeOptions): LedgerEvent {
  const [run, from, attempt] = ended.reused.split('/');
  return {
    kind: 'task-cached',
    run: options.run,
    task: task.id,
    from: { run: run ?? '', task: from ?? '', attempt: Number(attempt ?? 0) },
    contentKey: ended.key,
    inputs: facts.inputs.map(({ role, n, sha256, path, size }) => ({ role, n, sha256, path, size })),
    outputs: facts.outputs.map(({ role, path, sha256, size, mtime, inode }) => ({
      role,
      path,
      sha256,
      size,
      mtime,
      inode,
    })),
    found: 'node',
  };
}

/** Its element is gone, and its record says that it began and not how it ended. */
function judgeVanished(
  task: Task,
  attempt: number,
  facts: Evidence,
  options: JudgeOptions,
  key: string,
  end: SeenEnd | undefined,
): LedgerEvent {
  const base = { run: options.run, task: task.id, attempt, evidence: facts };
  const cause = end && judgeCause(end, task, base);
  if (cause !== undefined) return cause;
  const told = options.told.get(key);
  if (told === 'cancelled')
    return { kind: 'task-cancelled', ...base, why: 'stopped', message: 'stopped: its process was ended' };
  if (told === 'time') {
    const message = `it ran longer than the ${task.resources.time} s it asked for`;
    return { kind: 'task-failed', ...base, why: 'time', message };
  }
  const said = end === undefined ? 'killed, out of memory, or the machine stopped' : end.raw;
  const message = `its process is gone and left no word of how it ended (${said})`;
  return { kind: 'task-lost', ...base, why: 'vanished', message };
}
