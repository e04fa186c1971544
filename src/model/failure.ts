/**
 * The classes of how an attempt can end badly: a closed set, by what can be done about it. The finer words that stand in
 * the ledger (`why`) each belong to one of them. `docs/failures.md` is compared with these tables by a test.
 */
export type FailureClass =
  | 'application'
  | 'out-of-memory'
  | 'time'
  | 'node'
  | 'preempted'
  | 'cancelled-by-me'
  | 'cancelled-by-other'
  | 'stuck'
  | 'lied'
  | 'lost'
  | 'storage'
  | 'container'
  | 'input'
  | 'upstream';

export interface FailureClassRow {
  readonly means: string;
  /** After `37 tasks`. */
  readonly said: string;
  /** What a person can do. */
  readonly mend: string;
  /** How often it is tried again where the step says nothing. */
  readonly retries: number;
  /** Whether a step may say otherwise. */
  readonly retryable: boolean;
}

const never = { retries: 0, retryable: false } as const;
const onDemand = { retries: 0, retryable: true } as const;

export const failureClasses: Readonly<Record<FailureClass, FailureClassRow>> = {
  application: {
    ...onDemand,
    means: 'the command ended with another code than 0, or by a signal',
    said: 'ended with an error',
    mend: 'read what it said; mend the values or the images',
  },
  'out-of-memory': {
    ...onDemand,
    means: 'the batch system or the kernel ended it for its memory',
    said: 'ran out of memory',
    mend: '`espalier resume --with memory=…`, or `retry` in the step',
  },
  time: {
    ...onDemand,
    means: 'it ran into its time limit',
    said: 'ran out of time',
    mend: '`espalier resume --with time=…`, or `retry` in the step',
  },
  node: {
    means: 'its node failed or could not begin it',
    said: 'were lost with their node',
    mend: 'resume: all nodes are open to it again',
    retries: 3,
    retryable: true,
  },
  preempted: {
    means: 'a more urgent job took its place',
    said: 'gave way to more urgent jobs',
    mend: 'nothing: it is tried again as often as it takes',
    retries: Number.POSITIVE_INFINITY,
    retryable: true,
  },
  'cancelled-by-me': {
    ...never,
    means: 'you ended it, by espalier or by the batch system’s own command',
    said: 'were cancelled',
    mend: '`espalier resume` takes them up again',
  },
  'cancelled-by-other': {
    ...never,
    means: 'another user, usually an administrator, ended it',
    said: 'were cancelled by another user',
    mend: 'ask the facility why before you resume',
  },
  stuck: {
    ...onDemand,
    means: 'the batch system has it and will never begin it as it stands',
    said: 'could never begin',
    mend: 'change what it asks for: `espalier resume --with …`, the workflow or the site profile',
  },
  lied: {
    ...onDemand,
    means: 'it ended with code 0, and its outputs, its log or its record say that it did not work',
    said: 'claimed success without a result',
    mend: 'read what it said; the tool reports no error by its exit code',
  },
  lost: {
    ...onDemand,
    means: 'no evidence is left of how it ended',
    said: 'were lost',
    mend: 'resume; the logs of the array may say more',
  },
  storage: {
    ...onDemand,
    means: 'a result could not be written, read back or moved',
    said: 'could not write their results',
    mend: 'look for a full disk or quota on the site',
  },
  container: {
    ...onDemand,
    means: 'its image was not there or had changed, or did not start',
    said: 'had no usable container',
    mend: '`espalier site doctor` looks at containers',
  },
  input: {
    ...onDemand,
    means: 'an input file was not there or could not be read',
    said: 'missed an input file',
    mend: 'put the file back, or take it out of the collection',
  },
  upstream: {
    ...never,
    means: 'a task that makes its input did not succeed',
    said: 'did not run',
    mend: 'mend that one; it follows',
  },
};

const classes = {
  exit: 'application',
  signal: 'application',
  'out-of-memory': 'out-of-memory',
  time: 'time',
  node: 'node',
  preempted: 'preempted',
  stopped: 'cancelled-by-me',
  cancelled: 'cancelled-by-me',
  'cancelled-by-other': 'cancelled-by-other',
  stuck: 'stuck',
  'no-output': 'lied',
  'bad-output': 'lied',
  contradicted: 'lied',
  vanished: 'lost',
  'not-begun': 'lost',
  unknown: 'lost',
  storage: 'storage',
  container: 'container',
  'no-input': 'input',
  upstream: 'upstream',
} as const satisfies Readonly<Record<string, FailureClass>>;

/** How an attempt ended badly, as the ledger words it. */
export type FailureWord = keyof typeof classes;

export const failureWords: Readonly<Record<FailureWord, FailureClass>> = classes;

/** The class of a word; what a newer espalier may have written is lost to this one. */
export function failureClassOf(why: string): FailureClass {
  return Object.entries(failureWords).find(([word]) => word === why)?.[1] ?? 'lost';
}

export function isFailureClass(text: string): text is FailureClass {
  return Object.hasOwn(failureClasses, text);
}
