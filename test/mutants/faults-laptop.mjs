// Faults of the laptop, of the link and of disks; see list.mjs and docs/reliability.md.

const remote = 'src/backends/transport/remote-transport.ts';
const onCluster = { test: 'test/cluster/faults-laptop.test.ts', built: true };
const disk =
  'that is full before a run refuses it in words; one that fills up fails what did not fit, and resume completes it';

/** A link that is gone ends the run, as an error for people would. */
const noPatience = {
  file: 'src/run/drive/site-patience.ts',
  find: 'forPeople.has(error.code))',
  put: "error.code !== '')",
};

export const laptopMutants = [
  {
    name: 'upload-cut',
    promise: 'of a file whose sending was cut nothing is left',
    file: remote,
    find: '`trap \'rm -f -- "$part"\' EXIT`,',
    put: '',
    ...onCluster,
    title: 'during an upload leaves nothing half sent, and the next try completes it',
  },
  {
    name: 'download-cut',
    promise: 'of a file whose fetching was cut nothing is left',
    file: remote,
    find: 'await rm(part, { force: true });',
    put: '',
    ...onCluster,
    title: 'during a poll ends nothing; during a download leaves nothing half there',
  },
  {
    name: 'poll-cut',
    promise: 'a question whose connection was cut is asked again, over a new one',
    file: 'src/backends/transport/openssh/openssh-channels.ts',
    find: 'if (tries === channelTries || !mayRepeat(ran, options)) return ran;',
    put: 'return ran;',
    also: [noPatience],
    ...onCluster,
    title: 'during a poll ends nothing; during a download leaves nothing half there',
  },
  {
    name: 'link-down',
    promise: 'a site may take its time to answer, and what it does not answer is asked again',
    file: 'src/sites/parse-site.ts',
    find: '  answerWithin: 240,',
    put: '  answerWithin: 10,',
    also: [noPatience],
    test: 'test/cluster/runs.test.ts',
    built: true,
    title: 'minds neither a restart of slurmctld nor a link that is down for a minute',
  },
  {
    name: 'clock-ahead',
    promise: 'a record counts whatever the clock of the laptop says',
    file: 'src/scheduler/judge.ts',
    find: "if (facts.ended?.outcome === 'upstream' && !over && isStale(facts, element, lines)) continue;",
    put: 'if (isStale(facts, element, lines)) continue;',
    ...onCluster,
    title: 'whose clock is +10m off, in the zone Asia/Kolkata, does everything once',
  },
  {
    name: 'clock-set-back',
    promise: 'a clock that is set back makes no pause longer',
    file: 'src/run/drive/run-driver.ts',
    find: 'leftMs -= Math.max(restMs, nowMs - beforeMs);',
    put: 'leftMs -= nowMs - beforeMs;',
    test: 'test/unit/run/polling.test.ts',
    title: 'back by ten minutes makes no pause longer',
  },
  {
    name: 'asleep-is-no-time',
    promise: 'a machine that slept ends nothing that it runs for having used up its time',
    file: 'src/run/drive/run-driver.ts',
    find: 'stoodStill: this.#standstills.spans',
    put: 'stoodStill: []',
    test: 'test/unit/run/standstill.test.ts',
    title: 'counts against the time of a task only what this machine was awake, where the task runs on it',
  },
  {
    name: 'laptop-disk-full',
    promise: 'a disk of the laptop that is full is named',
    file: 'src/provenance/file/explain-error.ts',
    find: 'meanings.find(([prefix]) => code.startsWith(prefix));',
    put: 'meanings.find(() => false);',
    ...onCluster,
    title: 'whose disk is full says so; with space again the run is complete and nothing was lost',
  },
  {
    name: 'two-laptops',
    promise: 'a driver that was pushed aside submits nothing',
    file: 'src/run/owner.ts',
    find: 'return `[ "$(cat -- ${shellQuote(`${folder}/owner`)})" = ${shellQuote(JSON.stringify(owner))} ]`;',
    put: "return owner.epoch < 0 ? folder + shellQuote('') : ':';",
    ...onCluster,
    title:
      'that takes a run from another one fences it: the first does nothing more, and each task runs once',
  },
  {
    name: 'site-disk-full',
    promise: 'a file that could not be put is an error',
    file: remote,
    find: "if (ran.code !== 0) throw cannotWrite(list[0]?.path ?? '', ran.stderr);",
    put: '',
    ...onCluster,
    title: disk,
  },
  {
    name: 'site-disk-fills',
    promise: 'a command that failed is no success, nor is one that left less than it should',
    file: 'src/templates/wrapper/command.sh.njk',
    find: 'esp_judge_exit && esp_check_outputs && esp_record_outputs && esp_move_outputs && esp_outcome=ok',
    put: '{ esp_judge_exit || :; } && esp_check_outputs && esp_record_outputs && esp_move_outputs && esp_outcome=ok',
    also: [
      {
        file: 'src/templates/wrapper/outputs.sh.njk',
        find: 'elif [ "$esp_size" -lt "$esp_min" ]; then',
        put: 'elif false; then',
      },
    ],
    ...onCluster,
    title: disk,
  },
  {
    name: 'record-cut',
    promise: 'a job that Slurm calls completed is no success without the word of its record',
    file: 'src/scheduler/classify.ts',
    find: 'return began ? classifyVanished(known) : classifyUnbegun(known);',
    put: "if (known.end?.how === 'completed') return 'ok';\n  return began ? classifyVanished(known) : classifyUnbegun(known);",
    ...onCluster,
    title: 'whose records were cut short, or hold what is no fact, makes no success of them',
  },
  {
    name: 'no-image',
    promise: 'an image that cannot be had is named before anything is submitted',
    file: 'src/run/images/provide-images.ts',
    find: 'if (code !== 0 || runtime === undefined || sha256 === undefined || file === undefined)',
    put: 'if (code === -1)',
    ...onCluster,
    title: 'that cannot be pulled is named before any job is submitted',
  },
  {
    name: 'plan-submits',
    promise: 'a plan leaves nothing on the cluster',
    file: 'src/cli/commands/plan.ts',
    find: 'if (options.scripts) {',
    put: 'if (options.scripts) {\n await open.backend.transport.put(previewScripts(planned, open, settings, options));',
    ...onCluster,
    title: 'with its scripts submits nothing, and leaves nothing on the cluster',
  },
];
