import type { FailureWord, TaskEnded } from '../model/index.ts';
import type { SeenEnd } from './observation.ts';

/** All that may be known of one attempt. Nothing of it may be known: that is no evidence of anything. */
export interface KnownOfAttempt {
  /** Whether its record says that it began. */
  readonly began: boolean;
  /** Its record's last word. */
  readonly ended?: TaskEnded;
  /** Its element has ended, or is nowhere any more, in answers that can be trusted. */
  readonly over: boolean;
  /** How the batch system says that its element ended: a row of the queue or of the accounting. */
  readonly end?: SeenEnd;
  /** A batch system that tells causes has not told this one, and may yet. */
  readonly awaitsCause: boolean;
  /** We told its element to end, and why. */
  readonly told?: 'cancelled' | 'time' | 'stuck';
  /** Its record claims a success that something speaks against. */
  readonly isDoubted: boolean;
  /** It was the only task of its element that can have run out of memory. */
  readonly isAlone: boolean;
  /** Bytes that it asked for. */
  readonly memory: number;
  /** What its element's log says, where it was looked at. */
  readonly log?: string;
}

/** `open`: it goes on, or its cause is not known yet. `unbegun`: its element ended before its turn, which is no failure. */
export type Verdict = 'ok' | 'open' | 'unbegun' | FailureWord;

/**
 * What all that is known of an attempt amounts to. Only a record with code 0, its outputs, and nothing that speaks against it is
 * a success; of an end from outside the batch system knows the cause; where it is silent, the record and what we did ourselves
 * count; absence alone is never a success.
 */
export function classify(known: KnownOfAttempt): Verdict {
  const { ended, over, began } = known;
  if (ended?.outcome === 'ok' || ended?.outcome === 'reused') return classifySuccess(known);
  if (ended !== undefined) return classifyEnded(ended, known);
  if (!over) return 'open';
  return began ? classifyVanished(known) : classifyUnbegun(known);
}

function classifySuccess({ isDoubted, end, isAlone, ended }: KnownOfAttempt): Verdict {
  if (isDoubted) return 'contradicted';
  // A child of it was killed: what it wrote after that may be anything.
  if (end?.how === 'out-of-memory' && isAlone && ended?.outcome === 'ok') return 'out-of-memory';
  return 'ok';
}

function classifyEnded(ended: TaskEnded, known: KnownOfAttempt): Verdict {
  const { outcome } = ended;
  if (outcome === 'ok' || outcome === 'reused') return 'ok';
  if (outcome === 'stopped' && known.told === 'stuck') return 'stuck';
  if (needsCause(ended)) {
    if (known.awaitsCause && !isFinal(known.end)) return 'open';
    const cause = causeOf(known.end);
    if (cause !== undefined) return cause;
    if (outcome !== 'stopped' && hadNoMemory(known)) return 'out-of-memory';
  }
  if (outcome === 'stopped' && known.told === 'time') return 'time';
  return outcome;
}

/** Ended from outside: by a signal to all of the element, or by one that cannot be caught. */
function needsCause({ outcome, exit, signal }: TaskEnded): boolean {
  const killed = outcome === 'signal' && (signal === 9 || signal === 15);
  return outcome === 'stopped' || killed || (outcome === 'exit' && (exit === 137 || exit === 143));
}

/** What ended otherwise may run again: a requeue is seen as an end for a moment, until the job waits again. */
function isFinal(end: SeenEnd | undefined): boolean {
  if (end?.how === 'cancelled') return end.by !== undefined;
  return end?.how === 'out-of-memory' || end?.how === 'time';
}

/** What the batch system's word says about why it ended; undefined when that explains nothing. */
function causeOf(end: SeenEnd | undefined): FailureWord | undefined {
  switch (end?.how) {
    case 'out-of-memory':
    case 'time':
    case 'node':
    case 'preempted':
      return end.how;
    case 'cancelled':
      return end.by === 'other' ? 'cancelled-by-other' : 'cancelled';
    case 'failed':
    case 'completed':
    case 'dropped':
    case undefined:
      return undefined;
  }
}

/** Its element is gone, and its record says that it began and not how it ended. */
function classifyVanished(known: KnownOfAttempt): Verdict {
  const cause = causeOf(known.end);
  if (cause !== undefined) return cause;
  if (known.told === 'cancelled') return 'stopped';
  if (known.told !== undefined) return known.told;
  return hadNoMemory(known) ? 'out-of-memory' : 'vanished';
}

/** Dropped, preempted, failed with its node: it waits again. Only a person's word ends what had not begun. */
function classifyUnbegun({ end, told }: KnownOfAttempt): Verdict {
  if (told === 'stuck') return 'stuck';
  return end?.how === 'cancelled' ? (causeOf(end) ?? 'cancelled') : 'unbegun';
}

/** Where no group of the kernel confines memory, the peak and the log are all that tell. */
function hadNoMemory({ ended, memory, log, end }: KnownOfAttempt): boolean {
  const peak = (ended?.peakKb ?? 0) * 1024;
  if (memory > 0 && peak >= 0.95 * memory) return true;
  return end?.how !== 'completed' && log !== undefined && saysOutOfMemory(log);
}

/** The wordings of slurmstepd and of the kernel over the years, on whatever line they stand. */
export function saysOutOfMemory(log: string): boolean {
  return /oom[-_ ]kill|exceeded (step |job )?memory limit|out[- ]of[- ]memory|OUT_OF_MEMORY/i.test(log);
}
