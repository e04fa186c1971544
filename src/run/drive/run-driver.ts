import { removeFiles } from '../../backends/index.ts';
import { isTerminal, type LedgerEvent, type Task } from '../../model/index.ts';
import {
  type Action,
  decide,
  endOpen,
  liveElements,
  type RunState,
  type SiteRule,
} from '../../scheduler/index.ts';
import { resultPath } from '../../templates/index.ts';
import { HandOver } from '../hand-over.ts';
import { RunWatch } from '../watch-run.ts';
import { Arranger } from './arranger.ts';
import type { DriveContext, Known } from './drive-context.ts';
import { Endings } from './endings.ts';
import { LiveRun } from './live-run.ts';
import { Neighbours } from './neighbours.ts';
import { SitePatience } from './site-patience.ts';
import { Standstills } from './standstills.ts';

/** How much longer each pause is than the one before, while nothing changes. */
const slower = 1.5;

/** Batch systems give what they end half a minute by default (KillWait). */
const cancelMs = 60_000;

/** So that a wish to stop is heard soon. */
const longestSleepMs = 200;

/**
 * Follows a run. Intent goes to the ledger before each submission; each turn ends with everything known in the ledger, so
 * that a driver may die between any two lines. A site that takes whole arrays goes on without us: there, a wish to stop
 * ends the following at once.
 */
export class RunDriver {
  readonly #context: DriveContext;
  readonly #live: LiveRun;
  readonly #patience: SitePatience;
  readonly #neighbours: Neighbours;
  readonly #arranger: Arranger;
  readonly #watch: RunWatch;
  readonly #endings: Endings;
  readonly #handOver: HandOver;
  readonly #standstills: Standstills;
  /** Unreadable record lines that the ledger has been told of. */
  readonly #noted: Set<string>;
  /** Asked for after this event, the end of the run is meant for us. */
  readonly #since: number;
  /** Another run paused the site: nothing more is submitted. */
  #paused = false;
  #lookedMs: number | undefined;

  constructor(context: DriveContext, start: RunState, known: Known) {
    this.#context = context;
    this.#since = context.ledger.lastSeq(context.run);
    this.#live = new LiveRun(context, start);
    this.#patience = new SitePatience(context.rule, this.#live, context.wishes);
    this.#neighbours = new Neighbours(context, this.#since);
    this.#arranger = new Arranger(context, this.#live);
    this.#watch = new RunWatch({ ...context, fileDelay: context.pace.fileDelay }, known.hashes);
    this.#endings = new Endings(context, this.#live, this.#patience, this.#watch);
    this.#handOver = new HandOver({
      ...context,
      doubtSeconds: context.rule.takes === 'arrays' ? context.pace.shortest : 0,
      state: () => this.#live.state,
      record: (events) => this.#live.record(events),
      recordAhead: (events) => this.#live.recordAhead(events),
      bear: (question) => this.#patience.bear(question),
    });
    this.#noted = new Set(known.notes);
    this.#standstills = new Standstills(context.clock);
  }

  /** Takes in what happened while nobody looked, and begins nothing. */
  async collect(): Promise<void> {
    const { rule, clock } = this.#context;
    const actions = decide(this.#live.state, rule, clock(), { drain: true });
    await this.#handOver.find(actions.filter((action) => action.do === 'find'));
    await this.#observe();
  }

  /** Until every task has ended or a person wishes to stop. `start`: what is known by now. */
  async follow(start: RunState): Promise<RunState> {
    this.#live.restart(start);
    const { ledger, wishes, pace, rule } = this.#context;
    let pause = pace.shortest;
    if (rule.takes === 'elements') await this.#observe();
    for (;;) {
      if (this.#isCancelAsked()) return this.cancel();
      this.#heedPause();
      if (!this.#isDraining()) this.#arranger.tryAgain();
      if (!this.#isDraining()) await this.#arranger.arrangeHomeless();
      await this.#neighbours.askAfter();
      const actions = ledger.exclusively(() => this.#decide());
      await this.#actAll(actions);
      if (actions.some((action) => action.do === 'finish' || action.do === 'leave')) return this.#live.state;
      const stop = actions.find((action) => action.do === 'stop');
      if (stop !== undefined) return this.cancel(`the run was stopped: ${stop.why}`);
      if (wishes.kill) await this.#endings.killAll();
      if (this.#mayLeave()) return this.#live.state;
      const submitted = actions.some((action) => action.do === 'submit');
      // While the batch system begins with it.
      ledger.catchUp();
      // A batch system that others share is asked no sooner. The pause comes before the look: what that shows is acted upon at once.
      if (rule.takes === 'arrays')
        await this.#rest(submitted ? pace.shortest : this.#untilNextLook(pause), () => this.#isCancelAsked());
      if (this.#mayLeave()) return this.#live.state;
      if (this.#isCancelAsked()) continue;
      const news = await this.#observe();
      if (this.#mayLeave()) return this.#live.state;
      pause = news ? pace.shortest : Math.min(pause * slower, pace.longest);
      if (rule.takes === 'elements') await this.#rest(pause);
    }
  }

  /**
   * Ends what goes on and begins nothing more. What was running gets time to write its record; what had not begun leaves no
   * trace anywhere, so that it is written down here.
   */
  async cancel(message = 'cancelled before it ended'): Promise<RunState> {
    const { clock, run, pace } = this.#context;
    const wasOpen = [...this.#live.state.tasks.values()].some(({ state }) => !isTerminal(state));
    await this.collect();
    const until = clock() + cancelMs;
    const live = liveElements(this.#live.state);
    // Downstream first, so that nothing starts because what it waited for has ended.
    await this.#patience.bear(() => this.#endings.tell([...live].reverse(), 'end'));
    while (liveElements(this.#live.state).length > 0 && clock() < until) {
      await this.#observe();
      if (liveElements(this.#live.state).length > 0) await this.#rest(pace.shortest);
    }
    this.#live.record(endOpen(this.#live.state, run, message));
    if (wasOpen) this.#live.record([{ kind: 'run-finished', run }]);
    return this.#live.state;
  }

  /** On a wish to stop: at once where the batch system goes on without us, else when nothing of ours runs. */
  #mayLeave(): boolean {
    const { rule } = this.#context;
    if (!this.#isDraining()) return false;
    return rule.takes === 'arrays' || liveElements(this.#live.state).length === 0;
  }

  /** Another espalier wants the end of the run, and leaves it to us. */
  #isCancelAsked(): boolean {
    return this.#context.ledger.cancelAskedAfter(this.#context.run, this.#since);
  }

  /** `seconds`; a wish to stop, or what `isOver` tells, ends it early. */
  async #rest(seconds: number, isOver: () => boolean = () => false): Promise<void> {
    const { sleep, wishes, clock } = this.#context;
    const wishedBefore = wishes.drain;
    let beforeMs = clock();
    for (let leftMs = seconds * 1000; leftMs > 0; ) {
      const restMs = Math.min(leftMs, longestSleepMs);
      await sleep(restMs);
      this.#standstills.look();
      if ((wishes.drain && !wishedBefore) || isOver()) return;
      const nowMs = clock();
      // A machine that slept has rested; a clock that was set back makes no pause longer.
      leftMs -= Math.max(restMs, nowMs - beforeMs);
      beforeMs = nowMs;
    }
  }

  /** Seconds until `pause` has gone by since the last look. */
  #untilNextLook(pause: number): number {
    const { clock } = this.#context;
    return this.#lookedMs === undefined ? 0 : pause - Math.max(0, clock() - this.#lookedMs) / 1000;
  }

  /** What to do next. What is to be submitted is intended here, so that two drivers cannot both take the same room. */
  #decide(): readonly Action[] {
    const { run, clock, policy } = this.#context;
    const actions = decide(this.#live.state, this.#rule(), clock(), { drain: this.#isDraining() }, policy);
    this.#live.recordAhead(
      actions.flatMap((action) =>
        action.do === 'submit'
          ? [{ kind: 'elements-submitting' as const, run, array: action.array, indices: action.indices }]
          : [],
      ),
    );
    return actions;
  }

  #rule(): SiteRule {
    const rule = this.#neighbours.freeRule();
    return rule.takes === 'elements' && rule.isHere ? { ...rule, stoodStill: this.#standstills.spans } : rule;
  }

  async #actAll(actions: readonly Action[]): Promise<void> {
    await this.#handOver.find(actions.filter((action) => action.do === 'find'));
    for (const action of actions) await this.#act(action);
    await this.#handOver.submit(actions.filter((action) => action.do === 'submit'));
  }

  async #act(action: Action): Promise<void> {
    const { run } = this.#context;
    switch (action.do) {
      case 'submit':
      case 'find':
        return; // all of a turn together
      case 'skip': {
        const message = `skipped: it needs \`${action.because}\`, which did not succeed`;
        const attempt = this.#live.attempt(action.task);
        return this.#live.record([
          { kind: 'task-skipped', run, task: action.task, attempt, why: 'upstream', message },
        ]);
      }
      case 'kill':
        return this.#endings.endLate(action, action.how);
      case 'stop': {
        const { site } = this.#context;
        const note = `the ${action.what === 'site' ? `site \`${site}\` is paused` : 'run stops'}: ${action.why}`;
        const pause: readonly LedgerEvent[] =
          action.what === 'site' ? [{ kind: 'site-paused', run, site, why: action.why }] : [];
        return this.#live.record([...pause, { kind: 'noted', run, about: 'policy', note }]);
      }
      case 'leave': {
        const note = `nothing of the run can go on: ${action.why}; then follow it by \`espalier attach\`, or end it by \`espalier cancel\``;
        return this.#live.record([{ kind: 'noted', run, about: 'batch system', note }]);
      }
      case 'give-up':
        return this.#endings.giveUp(action.elements);
      case 'finish':
        return this.#live.record([{ kind: 'run-finished', run }]);
    }
  }

  /** Takes in one look; true when it brought news. */
  async #observe(): Promise<boolean> {
    const { run, clock } = this.#context;
    this.#lookedMs = clock();
    const look = await this.#patience.bear(async () => {
      const seen = await this.#watch.look(this.#live.state);
      await this.#endings.endUnheard(seen);
      return seen;
    });
    if (look === undefined) return false;
    const { events, unreadable, stale, notes: said } = look;
    const notes = [...unreadable, ...said].filter((note) => !this.#noted.has(note));
    for (const note of notes) this.#noted.add(note);
    await this.#remove(stale.map(({ task }) => task));
    const reasons = new Set(stale.map(({ why }) => why));
    // In one append: no moment in which a renewed result stands beside what was made from the old one.
    this.#live.record([
      ...notes.map((note): LedgerEvent => {
        return { kind: 'noted', run, about: said.includes(note) ? 'batch system' : 'record', note };
      }),
      ...events,
      ...[...reasons].map((why): LedgerEvent => {
        const tasks = stale.filter((each) => each.why === why).map(({ task }) => task.id);
        return { kind: 'tasks-reset', run, tasks, why };
      }),
    ]);
    this.#live.mark(look);
    return events.length > 0;
  }

  #isDraining(): boolean {
    return this.#context.wishes.drain || this.#paused;
  }

  /** Another run met so many failures on the site that nothing more is to be submitted there. */
  #heedPause(): void {
    const why = this.#paused ? undefined : this.#neighbours.whyPaused();
    if (why === undefined) return;
    this.#paused = true;
    const note = `another run paused the site \`${this.#context.site}\`: ${why}; \`espalier resume\` goes on`;
    this.#live.note('policy', note);
  }

  /** What was made from a result that has come out different since is out of date. */
  async #remove(tasks: readonly Task[]): Promise<void> {
    const { folder, backend } = this.#context;
    const paths = tasks.flatMap((task) => task.outputs.map((output) => resultPath(folder, task, output)));
    await removeFiles(backend.transport, paths);
  }
}
