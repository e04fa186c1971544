import type { FileIdentity, HandOverEvent, LedgerEvent, RunId, TaskId } from '../model/index.ts';
import { type PackedBlob, putBlob, readBlob } from './blobs.ts';
import { appendEvent, type StoredEvent } from './chain.ts';
import { type CheckResult, checkLedger } from './check.ts';
import { writeBackup } from './file/backup.ts';
import { explained, explainedEach } from './file/explain-error.ts';
import { migrate } from './file/migrate.ts';
import { type Migration, readMigrations } from './file/migrations.ts';
import { openDatabase } from './file/open-database.ts';
import { createStore, type Store } from './file/store.ts';
import { catchUp, isBehind, leavePending, refusal, refused } from './pending.ts';
import { project } from './project/project.ts';
import { openArrays } from './queries/arrays.ts';
import { artifactByPath, artifactBySha, rememberedHash } from './queries/artifacts.ts';
import { attempts } from './queries/attempts.ts';
import { cancelAskedAfter, events, lastHeardMs, lastSeq, sitePausedAfter } from './queries/events.ts';
import { failures } from './queries/failures.ts';
import { FruitlessKeys } from './queries/fruitless-keys.ts';
import { heldElsewhere } from './queries/held.ts';
import { impact, traceUp } from './queries/lineage.ts';
import {
  candidatesFor,
  keyParts,
  keysWithSuccess,
  lastAttemptLike,
  succeededByContentKey,
} from './queries/reuse.ts';
import { runHosts, runInputs, runOutputs, stepValues } from './queries/run-files.ts';
import { latestRun, run, runs } from './queries/runs.ts';
import { stepCounts, steps } from './queries/steps.ts';
import { type TaskFilter, task, tasks } from './queries/tasks.ts';
import { usualSeconds } from './queries/usual.ts';
import { decodePlan, findTask, type PlanWithKeys } from './read-plan.ts';
import { rebuild } from './rebuild.ts';

/** A text that an event names by its hash. */
type BlobContent = string | Uint8Array | PackedBlob;

export interface LedgerOptions {
  /** Milliseconds UTC. */
  readonly clock: () => number;
  readonly readonly?: boolean;
  /** For tests: `f_type` of a folder's file system, and another list of migrations. */
  readonly fileSystemType?: (folder: string) => number;
  readonly migrations?: readonly Migration[];
}

/**
 * The ledger: events that never change, and what follows from them. Every method may throw an EspalierError with
 * `fault: 'ledger'`. One at a time writes; others wait up to ten seconds. What follows from the events of a handing over
 * is written when anybody first asks for it.
 */
export class Ledger {
  readonly path: string;
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #readonly: boolean;
  readonly #fruitless: FruitlessKeys;

  private constructor(path: string, store: Store, options: LedgerOptions) {
    this.path = path;
    this.#store = store;
    this.#clock = options.clock;
    this.#readonly = options.readonly ?? false;
    this.#fruitless = new FruitlessKeys(store);
  }

  /** Opens or makes the file; raises an older schema after a backup beside it, refuses a newer one. */
  static open(path: string, options: LedgerOptions): Ledger {
    const readonly = options.readonly ?? false;
    const database = openDatabase(path, { ...options, readonly });
    const store = createStore(database);
    try {
      return explained(path, () => {
        const migrations = options.migrations ?? readMigrations();
        migrate(store, path, migrations, { readonly, rebuild: () => rebuild(store) });
        return new Ledger(path, store, options);
      });
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Adds events, what follows from them and the texts they name, all or nothing, and waits for the disk. Returns the
   * events as stored.
   */
  append(list: readonly LedgerEvent[], blobs: readonly BlobContent[] = []): readonly StoredEvent[] {
    return this.#write(() => {
      if (isBehind(this.#store)) catchUp(this.#store);
      this.#fruitless.forget();
      return this.#appendAll(list, blobs, (row) => {
        // As stored, not as given: a rebuild will see no more than that.
        project(this.#store, JSON.parse(row.body), { seq: row.seq, atMs: row.at_ms });
      });
    });
  }

  /**
   * The same for what a batch system is waiting for: the events are on the disk, and what follows from them is left to
   * `catchUp`, or to whoever next asks what depends on it.
   */
  appendAhead(list: readonly HandOverEvent[], blobs: readonly BlobContent[] = []): readonly StoredEvent[] {
    return this.#write(() => this.#appendAll(list, blobs, (row) => leavePending(this.#store, row.seq)));
  }

  #appendAll(
    list: readonly LedgerEvent[],
    blobs: readonly BlobContent[],
    follow: (row: StoredEvent) => void,
  ): readonly StoredEvent[] {
    for (const blob of blobs) putBlob(this.#store, blob);
    return list.map((event) => {
      const row = appendEvent(this.#store, event, this.#clock());
      follow(row);
      return row;
    });
  }

  /** Writes what follows from all that was appended ahead. @throws EspalierError `ledger-pending` for what the tables refuse */
  catchUp(): void {
    const words = this.#takeInPending();
    if (words.length > 0) throw refusal(words);
  }

  #takeInPending(): readonly string[] {
    if (!this.#read(() => isBehind(this.#store))) return [];
    return this.#write(() => catchUp(this.#store));
  }

  /** Does work while nobody else can write: what it reads still holds when it appends. */
  exclusively<T>(work: () => T): T {
    return this.#write(work);
  }

  /** Stores a text once; returns its sha256 (hex). */
  putBlob(content: string | Uint8Array): string {
    return this.#write(() => putBlob(this.#store, content));
  }

  blob(sha256: string): string {
    return Buffer.from(this.blobBytes(sha256)).toString('utf8');
  }

  /** For texts that may be longer than a string can be: plans. */
  blobBytes(sha256: string): Uint8Array {
    return this.#read(() => readBlob(this.#store, sha256));
  }

  /** Empties every projection and writes it again from events and blobs alone. Returns the number of events. */
  rebuild(): number {
    return this.#write(() => rebuild(this.#store));
  }

  /** A consistent copy in a file that must not exist yet. */
  backup(target: string): void {
    this.#read(() => writeBackup(this.#store, target));
  }

  /** Chain, guards, blobs and the database's own check. Reads everything; takes about a second per 100,000 events. */
  check(): CheckResult {
    const found = this.#read(() => checkLedger(this.#store));
    // Nothing is written into what is damaged.
    if (found.ok && !this.#readonly) this.#takeInPending();
    const problems = [...found.problems, ...this.refused()];
    return { ...found, ok: problems.length === 0, problems };
  }

  /** Events that the tables cannot hold, in words: none but for a defect of espalier. */
  refused(): readonly string[] {
    return this.#read(() => refused(this.#store));
  }

  /** All runs, the newest first. */
  runs(): ReturnType<typeof runs> {
    return this.#ask(() => runs(this.#store));
  }

  /** By id or by the beginning of one. @throws EspalierError `ledger-no-run`, `ledger-which-run` */
  run(idOrPrefix: string): ReturnType<typeof run> {
    return this.#ask(() => run(this.#store, idOrPrefix));
  }

  latestRun(): ReturnType<typeof latestRun> {
    return this.#ask(() => latestRun(this.#store));
  }

  /** The plan a run was made from, with key parts. At 100,000 tasks this takes seconds: keep it. */
  plan(runId: RunId): PlanWithKeys {
    return this.#ask(() => decodePlan(this.blobBytes(this.run(runId).planSha256)));
  }

  /** One task as it was planned, without reading the others. */
  plannedTask(runId: RunId, id: TaskId): ReturnType<typeof findTask> {
    return this.#ask(() => findTask(this.blobBytes(this.run(runId).planSha256), id));
  }

  /** In the order of the plan. */
  steps(runId: RunId): ReturnType<typeof steps> {
    return this.#ask(() => steps(this.#store, runId));
  }

  /** In the order of the plan, with the times of the attempts that ended. */
  stepCounts(runId: RunId): ReturnType<typeof stepCounts> {
    return this.#ask(() => stepCounts(this.#store, runId));
  }

  /** In the order of the plan. */
  tasks(runId: RunId, filter: TaskFilter = {}): ReturnType<typeof tasks> {
    return this.#ask(() => tasks(this.#store, runId, filter));
  }

  /** By id (`deskew:3`) or by label; undefined for none. @throws EspalierError `ledger-which-task` */
  task(runId: RunId, ref: string): ReturnType<typeof task> {
    return this.#ask(() => task(this.#store, runId, ref));
  }

  /** With their inputs and outputs, the first first. */
  attempts(runId: RunId, id: TaskId): ReturnType<typeof attempts> {
    return this.#ask(() => attempts(this.#store, runId, id));
  }

  /** Files that it read and nobody in this ledger made: raw data, calibrations. */
  runInputs(runId: RunId): ReturnType<typeof runInputs> {
    return this.#ask(() => runInputs(this.#store, runId));
  }

  /** Its results, in the order of the plan. */
  runOutputs(runId: RunId): ReturnType<typeof runOutputs> {
    return this.#ask(() => runOutputs(this.#store, runId));
  }

  /** The machines on which its attempts ran. */
  runHosts(runId: RunId): ReturnType<typeof runHosts> {
    return this.#ask(() => runHosts(this.#store, runId));
  }

  /** Every value that its steps' tasks got, and how many got it. */
  stepValues(runId: RunId): ReturnType<typeof stepValues> {
    return this.#ask(() => stepValues(this.#store, runId));
  }

  /** Arrays with a task that has not ended, with all their elements. */
  openArrays(runId: RunId): ReturnType<typeof openArrays> {
    return this.#ask(() => openArrays(this.#store, runId));
  }

  /** What other runs on a site may be holding of it. */
  heldElsewhere(site: string, runId: RunId): ReturnType<typeof heldElsewhere> {
    return this.#ask(() => heldElsewhere(this.#store, site, runId, this.#clock()));
  }

  /** Results that may serve for this key, the newest first: originals, and copies made for cached tasks. */
  succeededByContentKey(key: string): ReturnType<typeof succeededByContentKey> {
    return this.#read(() => succeededByContentKey(this.#store, key));
  }

  /** Those of these static keys for which anything has succeeded: for the others there are no candidates. */
  keysWithSuccess(staticKeys: readonly string[]): ReturnType<typeof keysWithSuccess> {
    return this.#read(() =>
      this.#fruitless.without(staticKeys, (keys) => keysWithSuccess(this.#store, keys)),
    );
  }

  /** Results of the same static key with what they read: equal inputs would make them serve. At most 20. */
  candidatesFor(staticKey: string, label?: string): ReturnType<typeof candidatesFor> {
    return this.#read(() => candidatesFor(this.#store, staticKey, label));
  }

  /** The latest attempt that succeeded on this item in any run of the workflow but `notIn`. */
  lastAttemptLike(
    workflow: string,
    step: string,
    label: string,
    notIn?: RunId,
  ): ReturnType<typeof lastAttemptLike> {
    return this.#ask(() => lastAttemptLike(this.#store, workflow, step, label, notIn));
  }

  /** How long a task of this step usually takes, in seconds; undefined when none was done. */
  usualSeconds(workflow: string, step: string): number | undefined {
    return this.#read(() => usualSeconds(this.#store, workflow, step));
  }

  keyParts(staticKey: string): ReturnType<typeof keyParts> {
    return this.#ask(() => keyParts(this.#store, staticKey));
  }

  /** The content's sha256, where this very file was hashed and could not have changed since unseen. */
  rememberedHash(file: FileIdentity): string | undefined {
    return this.#read(() => rememberedHash(this.#store, file));
  }

  /** What lies, or last lay, at a path. */
  artifactByPath(path: string, site?: string): ReturnType<typeof artifactByPath> {
    return this.#ask(() => artifactByPath(this.#store, path, site));
  }

  artifactBySha(sha256: string): ReturnType<typeof artifactBySha> {
    return this.#ask(() => artifactBySha(this.#store, sha256));
  }

  /** How a file (its `location`) was made, back to what nobody in this ledger made. */
  traceUp(location: number): ReturnType<typeof traceUp> {
    return this.#ask(() => traceUp(this.#store, location));
  }

  /** Everything made from a content, wherever it lay. */
  impact(sha256: string): ReturnType<typeof impact> {
    return this.#ask(() => impact(this.#store, sha256));
  }

  hasRun(runId: RunId): boolean {
    return this.#read(() => lastSeq(this.#store, runId)) > 0;
  }

  /** Events of a run, or all, in order. Do not write while reading them. */
  events(runId?: RunId): ReturnType<typeof events> {
    return explainedEach(this.path, events(this.#store, runId));
  }

  lastSeq(runId: RunId): number {
    return this.#read(() => lastSeq(this.#store, runId));
  }

  /** When a run was last heard of, ms UTC: what this machine says of itself does not count. */
  lastHeardMs(runId: RunId): number | null {
    return this.#read(() => lastHeardMs(this.#store, runId));
  }

  /** Whether somebody asked for the run's end after that event. */
  cancelAskedAfter(runId: RunId, seq: number): boolean {
    return this.#read(() => cancelAskedAfter(this.#store, runId, seq));
  }

  /** Why any run paused the site after that event; undefined: none did. */
  sitePausedAfter(site: string, seq: number): string | undefined {
    return this.#read(() => sitePausedAfter(this.#store, site, seq));
  }

  /** What went wrong in a run, cause by cause. */
  failures(runId: RunId): ReturnType<typeof failures> {
    return this.#ask(() => failures(this.#store, runId));
  }

  /** Leaves a single file behind where no other process has it open. */
  close(): void {
    if (!this.#store.database.open) return;
    if (!this.#readonly) this.#settle();
    this.#store.database.close();
  }

  #settle(): void {
    try {
      this.catchUp();
      this.#store.database.pragma('wal_checkpoint(truncate)');
    } catch {
      // Another process reads or writes: the last one to close, or the next to ask, will do it.
    }
  }

  /** For what depends on every event. */
  #ask<T>(work: () => T): T {
    this.#takeInPending();
    return this.#read(work);
  }

  /** For what the events of a handing over cannot change: the events themselves, texts, results. */
  #read<T>(work: () => T): T {
    return explained(this.path, work);
  }

  #write<T>(work: () => T): T {
    return explained(this.path, () => this.#store.database.transaction(work).immediate());
  }
}
