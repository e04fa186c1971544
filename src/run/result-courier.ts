import type { LedgerEvent, Plan, RunId, Task } from '../model/index.ts';
import { bringFiles, type Fetched } from './bring-files.ts';
import { fetchResults, wantedFiles } from './fetch-results.ts';
import type { OpenSite } from './with-site.ts';

/**
 * Brings the results that a workflow names under `fetch` to this machine while their run is followed. What it misses on the way
 * (a broken link, a run that went on alone) it fetches at the end.
 */
export class ResultCourier {
  readonly #plan: Plan;
  readonly #tasks: ReadonlyMap<string, Task>;
  readonly #runFolder: string;
  readonly #run: RunId;
  readonly #open: Pick<OpenSite, 'ledger' | 'backend'>;
  readonly #folder: string;
  readonly #onFile: (file: Fetched) => void;
  #waiting: LedgerEvent[] = [];
  #underWay: Promise<void> | undefined;

  constructor(
    run: { readonly run: RunId; readonly folder: string; readonly plan: Plan },
    open: Pick<OpenSite, 'ledger' | 'backend'>,
    folder: string,
    onFile: (file: Fetched) => void,
  ) {
    this.#run = run.run;
    this.#runFolder = run.folder;
    this.#plan = run.plan;
    this.#tasks = new Map(run.plan.tasks.map((task) => [task.id, task]));
    this.#open = open;
    this.#folder = folder;
    this.#onFile = onFile;
  }

  /** Hears of what happened; returns at once. */
  take(events: readonly LedgerEvent[]): void {
    this.#waiting.push(...events.filter(({ kind }) => kind === 'task-succeeded' || kind === 'task-cached'));
    this.#underWay ??= this.#bringWaiting().finally(() => {
      this.#underWay = undefined;
    });
  }

  /** Waits for what is under way and fetches the rest; gives how many results fit. */
  async end(): Promise<number> {
    await this.#underWay;
    return fetchResults(this.#run, this.#open, this.#plan.fetch ?? [], this.#folder, ({ path, was }) => {
      if (was === 'fetched') this.#onFile({ path, was });
    });
  }

  async #bringWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const events = this.#waiting;
      this.#waiting = [];
      try {
        await this.#bring(events);
      } catch {
        return; // the end of the run tries again, and says so if it cannot
      }
    }
  }

  async #bring(events: readonly LedgerEvent[]): Promise<void> {
    const contents = new Map<string, { readonly sha256: string; readonly size: number }>();
    const tasks: Task[] = [];
    for (const event of events) {
      if (event.kind !== 'task-succeeded' && event.kind !== 'task-cached') continue;
      const outputs = event.kind === 'task-cached' ? event.outputs : event.evidence.outputs;
      for (const { role, sha256, size } of outputs) contents.set(`${event.task}/${role}`, { sha256, size });
      const task = this.#tasks.get(event.task);
      if (task !== undefined) tasks.push(task);
    }
    const patterns = this.#plan.fetch ?? [];
    const wanted = wantedFiles({ tasks }, this.#runFolder, patterns, this.#folder, contents);
    await bringFiles(wanted, this.#open.backend.transport, this.#onFile);
  }
}
