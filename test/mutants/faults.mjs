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
    find: "if (facts.ended?.outcome === 'upstream' && isTooEarly(known, state)) {",
    put: 'if (false) {',
    test: 'test/unit/scheduler/judge.test.ts',
    title: 'waits again if it came before what it needs, which is queued',
  },
  {
    promise: 'an answer to another run that is older than a submission is not believed',
    file: 'src/run/ask-together.ts',
    find: ' || last.askedMs <= afterMs',
    put: '',
    test: 'test/unit/run/ask-together.test.ts',
    title: 'an answer from before a submission, or one seen already, is not taken',
  },
  {
    promise: 'a script that hung submits nothing after its jobs were looked for',
    file: 'src/backends/batch/slurm/listing.ts',
    find: "`rm -f -- ${jobs.map(ticketPath).join(' ')}`,",
    put: '',
    test: 'test/unit/backends/slurm.test.ts',
    title: 'a script that hangs submits nothing more once its jobs were looked for',
  },
  {
    promise: 'a driver that was pushed aside submits nothing (needs the test cluster)',
    file: 'src/run/owner.ts',
    find: 'return `[ "$(cat -- ${shellQuote(`${folder}/owner`)})" = ${shellQuote(JSON.stringify(owner))} ]`;',
    put: "return owner.epoch < 0 ? folder + shellQuote('') : ':';",
    test: 'test/cluster/faults-laptop.test.ts',
    title:
      'that takes a run from another one fences it: the first does nothing more, and each task runs once',
    built: true,
  },
  {
    promise: 'an adopted plan puts no result outside its run',
    file: 'src/run/adopt-run.ts',
    find: 'if (wrong !== undefined) throw',
    put: 'if (wrong === name) throw',
    test: 'test/cli/hostile-input.test.ts',
    title:
      'that somebody wrote into is refused where it would reach outside its run, or is not what was planned',
    built: true,
  },
  {
    promise: 'logs of tasks on this machine are for their owner alone',
    file: 'src/backends/batch/local-batch.ts',
    find: "['umask 077', startOf,",
    put: '[startOf,',
    test: 'test/cli/hostile-input.test.ts',
    title: 'is for its owner alone, and holds nothing of the surroundings that no workflow named',
    built: true,
  },
  {
    promise: 'what was submitted is written down before anything else can happen: kill -9 doubles nothing',
    file: 'src/run/drive/run-driver.ts',
    find: "? [{ kind: 'elements-submitting' as const, run, array: action.array, indices: action.indices }]",
    put: '? []',
    test: 'test/cli/kill-storm.test.ts',
    title: 'twenty kills at random moments lose nothing, double nothing, and leave valid ledgers',
    built: true,
  },
];
