import { isGood, type LedgerEvent, type Task, type TaskId } from '../../model/index.ts';
import { decideRetries, decideRevivals, decideWithout, homelessTasks, skips } from '../../scheduler/index.ts';
import { packedEvent } from '../send-arrays.ts';
import type { DriveContext } from './drive-context.ts';
import type { LiveRun } from './live-run.ts';

/** Arrays a task may be put into within one sitting when its element ends before it began. */
const mostArrays = 3;

type ArrangeContext = Pick<DriveContext, 'run' | 'plan' | 'policy' | 'retry' | 'arrange'>;

/** Decides what is tried again, and puts waiting tasks into arrays. */
export class Arranger {
  readonly #context: ArrangeContext;
  readonly #live: LiveRun;
  /** How often each task was put into an array in this sitting. */
  readonly #arranged = new Map<TaskId, number>();
  /** In which turn each was put into an array last. */
  readonly #lastTurn = new Map<TaskId, number>();
  #turn = 0;

  constructor(context: ArrangeContext, live: LiveRun) {
    this.#context = context;
    this.#live = live;
  }

  /** What failed and has a try left, what was skipped because of it, and groups that go on without. */
  tryAgain(): void {
    const { run, retry, policy } = this.#context;
    const live = this.#live;
    const retries = decideRetries(live.state, retry);
    live.record(retries);
    for (const event of retries)
      if (event.kind === 'tasks-reset') for (const task of event.tasks) this.#arranged.delete(task);
    live.record(decideRevivals(live.state, run, (task) => this.#isTired(task)));
    const goesOn = (step: string): boolean => policy.onFailure(step) === 'continue';
    live.record(decideWithout(live.state, run, retry.task, goesOn));
  }

  /** Waiting tasks that no element will run (a first start, an element that died before them) get new arrays. */
  async arrangeHomeless(): Promise<void> {
    const { plan, arrange } = this.#context;
    const { state } = this.#live;
    const homeless = homelessTasks(state);
    if (homeless.size === 0) return;
    // They get an array when what they need is tried again.
    const hopeless = new Set(skips(state).map(({ task }) => task));
    const tasks = plan.tasks.filter(
      ({ id }) => homeless.has(id) && !hopeless.has(id) && this.#mayGo(id, homeless),
    );
    this.#giveUp(tasks.filter(({ id }) => this.#isTired(id)));
    const arrays = await arrange(
      tasks.filter(({ id }) => !this.#isTired(id)),
      this.#live.state,
    );
    this.#turn++;
    for (const { task } of arrays.flatMap(({ elements }) => elements.flatMap((each) => each.tasks))) {
      this.#arranged.set(task, (this.#arranged.get(task) ?? 0) + 1);
      this.#lastTurn.set(task, this.#turn);
    }
    this.#live.recordAhead(arrays.map(packedEvent));
  }

  /**
   * The first time behind whatever it needs; again only when that is there, or was put into a newer array. What it needs may sit in
   * an array that is over and not yet known to be: behind that it would begin at once, in vain, until it was given up.
   */
  #mayGo(task: TaskId, homeless: ReadonlySet<TaskId>): boolean {
    const before = this.#lastTurn.get(task);
    if (before === undefined) return true;
    const { tasks } = this.#live.state;
    const { needs = [], without = [] } = tasks.get(task) ?? {};
    return needs.every(
      (need) =>
        isGood(tasks.get(need)?.state ?? 'waiting') ||
        homeless.has(need) ||
        without.includes(need) ||
        (this.#lastTurn.get(need) ?? 0) > before,
    );
  }

  #isTired(task: TaskId): boolean {
    return (this.#arranged.get(task) ?? 0) >= mostArrays;
  }

  #giveUp(tasks: readonly Task[]): void {
    const { run } = this.#context;
    const message = `its element ended ${mostArrays} times before it began; the logs of the array may say why`;
    this.#live.record(
      tasks.map(({ id: task }): LedgerEvent => {
        const attempt = this.#live.attempt(task);
        return { kind: 'task-lost', run, task, attempt, why: 'not-begun', message };
      }),
    );
  }
}
