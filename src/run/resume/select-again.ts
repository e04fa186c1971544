import { compileTemplate, evaluateCondition } from '../../expressions/index.ts';
import {
  EspalierError,
  isGood,
  isTerminal,
  type Plan,
  type Resources,
  suggest,
  type Task,
  type TaskId,
  type TaskState,
} from '../../model/index.ts';
import { cameAfter, needsOf, type RunState } from '../../scheduler/index.ts';

/** What a person wants to be repeated; nothing said: all that failed, was lost or cancelled, or has lost its result. */
export interface ResumeWishes {
  /** Only these of them; with `from`, those at that step or behind it, and nothing that stands. */
  readonly only?: readonly ('failed' | 'lost' | 'cancelled' | 'gone')[];
  /** This step and what follows from it, also what stands, unless `only` says which. */
  readonly from?: string;
  /** A condition on the dimensions of items: `time < 5 and cell == 'a3'`. */
  readonly items?: string;
  /** Asked for from now on. */
  readonly ask?: Partial<Resources>;
}

export interface Again {
  readonly task: TaskId;
  readonly why: string;
  /** It gets what is asked for from now on. */
  readonly asks: boolean;
  /** It stands, and a person wants it made again: no earlier result serves. */
  readonly anew: boolean;
}

/**
 * Which tasks are tried again, and why. What was skipped follows what it waited for; what goes on is left alone.
 *
 * @param lost good tasks whose result is gone or changed, with the words for it
 */
export function selectAgain(
  plan: Plan,
  state: RunState,
  lost: ReadonlyMap<TaskId, string>,
  wishes: ResumeWishes,
): readonly Again[] {
  const { from, ...others } = wishes;
  if (from === undefined) return choose(plan, state, badTasks(state, lost, wishes), wishes);
  refuseUnknown(plan, from);
  if (wishes.only === undefined) return choose(plan, state, fromStep(plan, state, from), wishes);
  const reach = reachOf(plan, from);
  const bad = [...badTasks(state, lost, wishes)].filter(([id]) => reach.has(id));
  return choose(plan, state, new Map(bad), others);
}

/** Of what is chosen, what fits; with what waited for it or is to follow. */
function choose(
  plan: Plan,
  state: RunState,
  chosen: ReadonlyMap<TaskId, string>,
  wishes: ResumeWishes,
): readonly Again[] {
  const fits = itemFilter(plan, wishes.items);
  const again = new Map<TaskId, Again>();
  for (const task of plan.tasks) {
    const status = state.tasks.get(task.id);
    if (status === undefined) continue;
    if (!isTerminal(status.state)) {
      // Not handed over yet: it is made of all at once, not first without what is tried again.
      if (status.state === 'waiting' && status.without?.some((need) => again.has(need)))
        again.set(task.id, { task: task.id, why: comesAgain, asks: false, anew: false });
      continue;
    }
    const behind = status.needs.some((need) => again.has(need));
    const why = fits(task) ? chosen.get(task.id) : undefined;
    if (why !== undefined)
      again.set(task.id, {
        task: task.id,
        why,
        asks: asks(task, wishes, status.state),
        anew: isAnew(status.state, wishes),
      });
    else if (
      follows(status.state, behind && chosen.has(task.id)) &&
      !status.needs.some((need) => isHopeless(need, state, again))
    )
      again.set(task.id, { task: task.id, why: 'what it needs is tried again', asks: false, anew: false });
    else if (isGood(status.state) && status.without?.some((need) => comesNow(need, state, again)))
      again.set(task.id, { task: task.id, why: cameAfter, asks: false, anew: false });
    else if (behind && wishes.from !== undefined)
      again.set(task.id, {
        task: task.id,
        why: `it follows from \`${wishes.from}\``,
        asks: false,
        anew: isAnew(status.state, wishes),
      });
  }
  return [...again.values()];
}

/** What was skipped waits for what it needs; so does what was cancelled before its turn, though no item of its own was named. */
function follows(state: TaskState, isWanted: boolean): boolean {
  return state === 'skipped' || (state === 'cancelled' && isWanted);
}

function isAnew(state: TaskState, { from }: ResumeWishes): boolean {
  return from !== undefined && isGood(state);
}

function asks(task: Task, { from, ask }: ResumeWishes, state: TaskState): boolean {
  return ask !== undefined && (from === undefined ? state !== 'skipped' : task.step === from);
}

function isHopeless(need: TaskId, state: RunState, again: ReadonlyMap<TaskId, Again>): boolean {
  const now = state.tasks.get(need)?.state ?? 'waiting';
  return !again.has(need) && isTerminal(now) && !isGood(now);
}

/** It is there, or is tried again. */
function comesNow(need: TaskId, state: RunState, again: ReadonlyMap<TaskId, Again>): boolean {
  return again.has(need) || isGood(state.tasks.get(need)?.state ?? 'waiting');
}

const comesAgain = 'what it was to do without is tried again';

const words = { failed: 'it failed', lost: 'it was lost', cancelled: 'it was cancelled' } as const;

function badTasks(
  state: RunState,
  lost: ReadonlyMap<TaskId, string>,
  { only }: ResumeWishes,
): ReadonlyMap<TaskId, string> {
  const chosen = new Map<TaskId, string>(only === undefined || only.includes('gone') ? lost : []);
  for (const { id, state: now, ends } of state.tasks.values()) {
    if (now !== 'failed' && now !== 'lost' && now !== 'cancelled') continue;
    const why = ends?.at(-1)?.why;
    if (only === undefined || only.includes(now))
      chosen.set(id, `${words[now]}${why === undefined ? '' : ` [${why}]`}`);
  }
  return chosen;
}

function refuseUnknown(plan: Plan, step: string): void {
  const names = plan.steps.map(({ name }) => name);
  if (names.includes(step)) return;
  const near = suggest(step, names);
  throw new EspalierError('unknown-step', `the run has no step \`${step}\``, {
    hint: near === undefined ? `there are: ${names.join(', ')}` : `did you mean \`${near}\`?`,
  });
}

/** Tasks of the step, and those that need one of them, however far behind. */
function reachOf(plan: Plan, step: string): ReadonlySet<TaskId> {
  const reach = new Set<TaskId>();
  // A plan lists tasks after what they need, so that one pass finds them all.
  for (const task of plan.tasks)
    if (task.step === step || needsOf(task).some((need) => reach.has(need))) reach.add(task.id);
  return reach;
}

/** The step's own tasks; what follows is found on the way. */
function fromStep(plan: Plan, state: RunState, step: string): ReadonlyMap<TaskId, string> {
  const own = plan.tasks.filter((task) => task.step === step);
  const why = (id: TaskId): string =>
    isGood(state.tasks.get(id)?.state ?? 'waiting') ? 'you want it made again' : 'it did not succeed';
  return new Map(own.map(({ id }) => [id, why(id)]));
}

/** Items that lack a dimension of the condition do not fit; a name that no item has is a mistake. */
function itemFilter(plan: Plan, items: string | undefined): (task: Task) => boolean {
  if (items === undefined) return () => true;
  const compiled = compileTemplate(`{{ ${items} }}`);
  if (!compiled.ok)
    throw new EspalierError('bad-query', `\`--items ${items}\` cannot be read: ${compiled.message}`, {
      hint: "write a condition on dimensions, such as --items 'time < 5'",
    });
  const names = [...new Set(compiled.template.names.map((name) => name.split('.', 1)[0] ?? name))];
  const known = [...new Set(plan.tasks.flatMap(({ dims }) => Object.keys(dims)))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new EspalierError('bad-query', `no item of the run has a dimension \`${unknown}\``, {
      hint: `there are: ${known.join(', ')}`,
    });
  const fits = ({ dims }: Task): boolean =>
    names.every((name) => Object.hasOwn(dims, name)) && evaluateCondition(compiled.template, dims);
  // Else a mistyped value would look like a run with nothing left to do.
  if (plan.tasks.some(fits)) return fits;
  throw new EspalierError('bad-query', `no item of the run fits \`--items ${items}\``, {
    hint: '`espalier show --tasks` lists the items and their dimensions',
  });
}
