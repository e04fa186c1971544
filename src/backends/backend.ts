import { EspalierError, type Resources } from '../model/index.ts';
import type { BatchSystem, Listing, Question, Submission, Submitted } from './batch/batch-system.ts';
import { type NewBytes, type Offsets, readNew } from './read-new.ts';
import type { Ran, Transport } from './transport/transport.ts';

/** A site's batch system joined to the way it is reached. */
export class Backend {
  readonly batch: BatchSystem;
  readonly transport: Transport;

  constructor(batch: BatchSystem, transport: Transport) {
    this.batch = batch;
    this.transport = transport;
  }

  directives(resources: Resources): readonly string[] {
    return this.batch.directives(resources);
  }

  /**
   * Hands over all of these by one command. A job without an entry in the answer is in doubt: it may have been taken. `guard`: a
   * shell condition without which nothing is done.
   * @throws EspalierError `taken-over` where the guard does not hold
   */
  async submit(jobs: readonly Submission[], guard = ':'): Promise<readonly Submitted[]> {
    const script = guarded(guard, this.batch.submitCommand(jobs));
    const ran = refuseUnguarded(await this.transport.run(script, { detached: true }));
    const submitted = this.batch.parseSubmitted(ran.stdout, jobs);
    if (submitted.length > 0) return submitted;
    const tokens = jobs.map(({ token }) => `\`${token}\``).join(', ');
    throw new EspalierError('not-submitted', `${tokens}: ${ran.stderr.trim() || `code ${ran.code}`}`, {
      fault: 'site',
    });
  }

  /** What the batch system says of these; undefined when the question failed, which says nothing about any of them. */
  async list(question: Question): Promise<Listing | undefined> {
    if (question.natives.length === 0) return nothingListed;
    const text = await this.ask(question);
    return text === undefined ? undefined : this.batch.parseListing(text, question);
  }

  /** The same as the batch system says it, before it is parsed. */
  async ask(question: Question): Promise<string | undefined> {
    const ran = await this.transport.run(this.batch.listCommand(question));
    return ran.code === 0 ? ran.stdout : undefined;
  }

  /** What the accounting remembers of those that a listing no longer shows; undefined where it cannot tell. */
  async history(question: Question): Promise<Listing | undefined> {
    const { history } = this.batch;
    if (history === undefined || question.natives.length === 0) return undefined;
    const ran = await this.transport.run(history.command(question));
    return history.parse(ran.stdout, question);
  }

  /** After a doubt: which of these elements the batch system has after all. */
  async find(jobs: readonly Submission[]): Promise<readonly Submitted[]> {
    const ran = await this.transport.run(this.batch.findCommand(jobs));
    const found = ran.code === 0 ? this.batch.parseFound(ran.stdout, jobs) : undefined;
    if (found !== undefined) return found;
    const tokens = jobs.map(({ token }) => `\`${token}\``).join(', ');
    throw new EspalierError('not-searched', `cannot search for ${tokens}: ${ran.stderr.trim()}`, {
      fault: 'site',
    });
  }

  /** `guard` as above. */
  async cancel(natives: readonly string[], how: 'end' | 'kill', guard = ':'): Promise<void> {
    if (natives.length === 0) return;
    refuseUnguarded(await this.transport.run(guarded(guard, this.batch.cancelCommand(natives, how))));
  }

  readNew(runFolder: string, offsets: Offsets): Promise<NewBytes> {
    return readNew(this.transport, runFolder, offsets);
  }
}

const nothingListed: Listing = {
  alive: new Set(),
  ended: new Map(),
  stuck: new Map(),
  nodes: new Map(),
  notUnderstood: [],
};

/** No command of a batch system ends with this code. */
const unguarded = 79;

function guarded(guard: string, script: string): string {
  return `${guard} || exit ${unguarded}\n${script}`;
}

function refuseUnguarded(ran: Ran): Ran {
  if (ran.code !== unguarded) return ran;
  throw new EspalierError('taken-over', 'another espalier has taken this run: nothing more is done here', {
    hint: 'its jobs go on there; `espalier attach --force` takes it back',
  });
}
