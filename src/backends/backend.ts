import { EspalierError, type Resources } from '../model/index.ts';
import type { BatchSystem, Submission, SubmittedElement } from './batch/batch-system.ts';
import { type NewBytes, type Offsets, readNew } from './read-new.ts';
import type { Transport } from './transport/transport.ts';

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

  async submit(job: Submission): Promise<readonly SubmittedElement[]> {
    const ran = await this.transport.run(this.batch.submitCommand(job), { detached: true });
    const submitted = this.batch.parseSubmitted(ran.stdout, job);
    if (submitted.length === job.indices.length) return submitted;
    throw new EspalierError(
      'not-submitted',
      `\`${job.token}\` was not taken: ${ran.stderr.trim() || `code ${ran.code}`}`,
      {
        fault: 'site',
      },
    );
  }

  /** Native ids that are still there; undefined when the question failed, which says nothing about any of them. */
  async alive(natives: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    if (natives.length === 0) return new Set();
    const ran = await this.transport.run(this.batch.aliveCommand(natives));
    return ran.code === 0 ? this.batch.parseAlive(ran.stdout) : undefined;
  }

  /** After a doubt: which of these elements the batch system has after all. */
  async find(job: Submission): Promise<readonly SubmittedElement[]> {
    const ran = await this.transport.run(this.batch.findCommand(job));
    if (ran.code !== 0)
      throw new EspalierError('not-searched', `cannot search for \`${job.token}\``, { fault: 'site' });
    return this.batch.parseSubmitted(ran.stdout, job);
  }

  async cancel(natives: readonly string[], how: 'end' | 'kill'): Promise<void> {
    if (natives.length > 0) await this.transport.run(this.batch.cancelCommand(natives, how));
  }

  readNew(runFolder: string, offsets: Offsets): Promise<NewBytes> {
    return readNew(this.transport, runFolder, offsets);
  }
}
