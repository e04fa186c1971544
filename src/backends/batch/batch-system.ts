import type { ElementStarted, Resources } from '../../model/index.ts';

/**
 * A batch system as text: it builds commands, parses their answers and maps their states. It does no I/O; a backend joins
 * it to a transport.
 */
export interface BatchSystem {
  readonly name: string;
  /** `elements`: they are handed over one by one as they become ready; `arrays`: whole, with dependencies. */
  readonly takes: 'elements' | 'arrays';
  /** Lines at the top of a job script that ask for resources. */
  directives(resources: Resources): readonly string[];
  /** Shell lines that set `esp_index`, `esp_job` and `esp_restart`. */
  readonly prelude: readonly string[];
  submitCommand(job: Submission): string;
  parseSubmitted(stdout: string, job: Submission): readonly SubmittedElement[];
  /** Which of these native ids it still has. */
  aliveCommand(natives: readonly string[]): string;
  parseAlive(stdout: string): ReadonlySet<string> | undefined;
  /** Native ids of elements of an array, by its token, after a doubt. */
  findCommand(job: Submission): string;
  /** The native id that an element's own record gives, where it can be asked for. */
  recordedNative(line: ElementStarted): string | undefined;
  /** `end`: ask them to end and let them write their records; `kill`: at once. */
  cancelCommand(natives: readonly string[], how: 'end' | 'kill'): string;
}

export interface Submission {
  readonly token: string;
  /** Absolute path of the array's job.sh. */
  readonly script: string;
  readonly runFolder: string;
  readonly indices: readonly number[];
}

export interface SubmittedElement {
  readonly index: number;
  readonly native: string;
}
