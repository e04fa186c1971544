import { describe, expect, it } from 'vitest';
import { type FailureWord, failureClassOf, type TaskEnded } from '../../../src/model/index.ts';
import { classify, type KnownOfAttempt, saysOutOfMemory } from '../../../src/scheduler/classify.ts';
import type { SeenEnd } from '../../../src/scheduler/index.ts';
import { ended } from './story.ts';

const megabyte = 1024 ** 2;

const nothing: KnownOfAttempt = {
  began: false,
  over: false,
  awaitsCause: false,
  isDoubted: false,
  isAlone: true,
  memory: 100 * megabyte,
};

/** A record's last word. */
function said(more: Partial<TaskEnded>): Pick<KnownOfAttempt, 'began' | 'ended'> {
  const line = ended('a:1', more);
  if (line.fact !== 'task-ended') throw new Error('no end');
  return { began: true, ended: line };
}

const end = (how: SeenEnd['how'], more: Partial<SeenEnd> = {}): Pick<KnownOfAttempt, 'end'> => ({
  end: { how, raw: `7_0|${how}`, ...more },
});

const gone = { over: true };
const killed = said({ outcome: 'signal', signal: 9 });
const told = said({ outcome: 'stopped' });

describe('what all that is known of an attempt amounts to', () => {
  it.each<[string, Partial<KnownOfAttempt>, string]>([
    ['nothing at all', {}, 'open'],
    ['a record that it began', { began: true }, 'open'],
    ['code 0 with its outputs', said({ outcome: 'ok' }), 'ok'],
    ['an earlier result that serves', said({ outcome: 'reused' }), 'ok'],
    ['code 0, and something speaks against it', { ...said({}), isDoubted: true }, 'contradicted'],
    ['code 0, though its job ran out of memory', { ...said({}), ...end('out-of-memory') }, 'out-of-memory'],
    ['the same, where a neighbour may have', { ...said({}), ...end('out-of-memory'), isAlone: false }, 'ok'],
    ['code 0, though its job was cancelled after', { ...said({}), ...end('cancelled', { by: 'me' }) }, 'ok'],
    [
      'an earlier result, though its job ran out',
      { ...said({ outcome: 'reused' }), ...end('out-of-memory') },
      'ok',
    ],
    ['another code', said({ outcome: 'exit', exit: 3 }), 'exit'],
    ['another code, whatever the job', { ...said({ outcome: 'exit', exit: 3 }), ...end('failed') }, 'exit'],
    ['a fault of its own', said({ outcome: 'signal', signal: 11 }), 'signal'],
    ['code 0 and no output', said({ outcome: 'no-output' }), 'no-output'],
    ['code 0 and a bad output', said({ outcome: 'bad-output' }), 'bad-output'],
    ['the kernel’s count', said({ outcome: 'out-of-memory' }), 'out-of-memory'],
    ['no input', said({ outcome: 'no-input' }), 'no-input'],
    ['no image', said({ outcome: 'container' }), 'container'],
    ['no space', said({ outcome: 'storage' }), 'storage'],
    ['nothing made before it', said({ outcome: 'upstream' }), 'upstream'],
    ['killed, the cause is yet to come', { ...killed, awaitsCause: true }, 'open'],
    ['killed, a requeue may come', { ...killed, awaitsCause: true, ...end('node') }, 'open'],
    ['killed for memory', { ...killed, awaitsCause: true, ...end('out-of-memory') }, 'out-of-memory'],
    ['killed at its time', { ...killed, awaitsCause: true, ...end('time') }, 'time'],
    ['killed with its node', { ...killed, ...end('node') }, 'node'],
    ['killed for another job', { ...killed, ...end('preempted') }, 'preempted'],
    ['killed, nobody knows why', killed, 'signal'],
    ['code 137, nobody knows why', said({ outcome: 'exit', exit: 137 }), 'exit'],
    [
      'killed, with a peak near what it asked for',
      said({ outcome: 'signal', signal: 9, peakKb: 96 * 1024 }),
      'out-of-memory',
    ],
    ['killed, with a peak far below', said({ outcome: 'signal', signal: 9, peakKb: 90 * 1024 }), 'signal'],
    ['an error of its own, with a peak near', said({ outcome: 'exit', exit: 1, peakKb: 99 * 1024 }), 'exit'],
    ['told to end, by whom is yet to come', { ...told, awaitsCause: true, ...end('cancelled') }, 'open'],
    ['told to end by me', { ...told, awaitsCause: true, ...end('cancelled', { by: 'me' }) }, 'cancelled'],
    [
      'told to end by another',
      { ...told, awaitsCause: true, ...end('cancelled', { by: 'other' }) },
      'cancelled-by-other',
    ],
    ['told to end, by whom nobody says', { ...told, ...end('cancelled') }, 'cancelled'],
    ['told to end by us', { ...told, told: 'cancelled' }, 'stopped'],
    ['told to end by us for its time', { ...told, told: 'time' }, 'time'],
    ['told to end at its time', { ...told, ...end('time') }, 'time'],
    ['given up by us', { ...told, told: 'stuck' }, 'stuck'],
    ['gone before it began', gone, 'unbegun'],
    ['gone before it began, dropped', { ...gone, ...end('dropped') }, 'unbegun'],
    ['gone before it began, its node failed', { ...gone, ...end('node') }, 'unbegun'],
    ['gone before it began, preempted', { ...gone, ...end('preempted') }, 'unbegun'],
    ['gone before it began, its job says well', { ...gone, ...end('completed') }, 'unbegun'],
    ['cancelled before it began', { ...gone, ...end('cancelled', { by: 'me' }) }, 'cancelled'],
    [
      'cancelled before it began by another',
      { ...gone, ...end('cancelled', { by: 'other' }) },
      'cancelled-by-other',
    ],
    ['given up before it began', { ...gone, told: 'stuck', ...end('cancelled', { by: 'me' }) }, 'stuck'],
    ['gone after it began', { ...gone, began: true }, 'vanished'],
    ['gone after it began, its job says well', { ...gone, began: true, ...end('completed') }, 'vanished'],
    ['gone after it began, for memory', { ...gone, began: true, ...end('out-of-memory') }, 'out-of-memory'],
    ['gone after it began, at its time', { ...gone, began: true, ...end('time') }, 'time'],
    ['gone after it began, with its node', { ...gone, began: true, ...end('node') }, 'node'],
    ['gone after we told it to end', { ...gone, began: true, told: 'cancelled' }, 'stopped'],
    ['gone after we told it for its time', { ...gone, began: true, told: 'time' }, 'time'],
    [
      'gone, and its log says why on its second line',
      {
        ...gone,
        began: true,
        ...end('failed'),
        log: 'reading\nslurmstepd: error: Detected 1 oom_kill event in',
      },
      'out-of-memory',
    ],
  ])('%s', (_, known, verdict) => {
    expect(classify({ ...nothing, ...known })).toBe(verdict);
  });

  it('is success for nothing but a record with code 0, whatever the batch system says', () => {
    const hows: readonly SeenEnd['how'][] = [
      ...([
        'completed',
        'failed',
        'out-of-memory',
        'time',
        'node',
        'preempted',
        'cancelled',
        'dropped',
      ] as const),
    ];
    for (const how of hows)
      for (const over of [true, false])
        for (const began of [true, false])
          expect(classify({ ...nothing, over, began, ...end(how) })).not.toBe('ok');
  });
});

it.each([
  [
    'slurmstepd: error: Detected 1 oom_kill event in StepId=9.batch. Some of the step tasks have been OOM Killed.',
    true,
  ],
  ['slurmstepd: error: Detected 1 oom-kill event(s) in step 9.batch cgroup.', true],
  ['slurmstepd: error: Exceeded step memory limit at some point.', true],
  ['slurmstepd: error: StepId=9.batch exceeded memory limit (200454144 > 52428800), being killed', true],
  ['tiff: out of range', false],
])('knows the wordings of a kill for memory: %s', (line, expected) => {
  expect(saysOutOfMemory(`first line\n${line}\nlast line`)).toBe(expected);
});

it.each<[FailureWord, string]>([
  ['exit', 'application'],
  ['no-output', 'lied'],
  ['bad-output', 'lied'],
  ['stopped', 'cancelled-by-me'],
  ['vanished', 'lost'],
  ['not-begun', 'lost'],
])('calls the word %s by the class %s', (word, name) => {
  expect(failureClassOf(word)).toBe(name);
});
