import type {
  ArrayId,
  ElementStarted,
  LedgerEvent,
  RecordLine,
  RunId,
  Task,
  TaskId,
} from '../model/index.ts';

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
  /** The node that each alive element is on, by the batch system's own name; absent: it does not say. */
  readonly nodes?: ReadonlyMap<string, string>;
  /** Logs that were looked at, by element (`array/index`). */
  readonly logs?: ReadonlyMap<string, string>;
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
  /** With `cancelled`: whose word that was; absent: it does not say. */
  readonly by?: 'me' | 'other';
  readonly node?: string;
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
  readonly told: ReadonlyMap<string, 'cancelled' | 'time' | 'stuck'>;
  /** Why elements could never begin, by element. */
  readonly stuck?: ReadonlyMap<string, string>;
}

export interface Judgement {
  readonly events: readonly LedgerEvent[];
  readonly ended: readonly { readonly array: ArrayId; readonly index: number }[];
}

export function elementKey(array: ArrayId, index: number): string {
  return `${array}/${index}`;
}
