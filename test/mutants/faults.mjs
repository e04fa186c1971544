// Promises about faults; see list.mjs and docs/reliability.md.

export const faultMutants = [
  {
    promise: 'an answer of squeue without one row is no answer',
    file: 'src/run/presence.ts',
    find: 'const isSilent = listing.alive.size + listing.ended.size === 0;',
    put: 'const isSilent = false;',
    test: 'test/unit/run/presence.test.ts',
    title:
      'an answer without one row is no answer, until it has been so for longer than ended jobs are shown',
  },
  {
    promise: 'nothing is submitted before what it waits for',
    file: 'src/scheduler/decide.ts',
    find: 'isSent || ordered.has(id)',
    put: 'true',
    test: 'test/unit/scheduler/decide.test.ts',
    title: 'goes after what it waits for, in whichever order it was packed',
  },
  {
    promise: 'what came before its inputs waits again, and is not skipped',
    file: 'src/scheduler/judge.ts',
    find: "if (facts.ended.outcome === 'upstream' && isTooEarly(known, state)) {",
    put: 'if (false) {',
    test: 'test/unit/scheduler/judge.test.ts',
    title: 'waits again if it came before what it needs, which is queued',
  },
];
