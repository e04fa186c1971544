import { shellQuote } from '../../templates/index.ts';
import type { BatchSystem, Listing, Question, Submission, Submitted } from './batch-system.ts';

/**
 * A machine without a batch system: each element is a process in a session of its own, so that it outlives us. A native id
 * is `GROUP.PID.START`: the process group to end, the process, and when it began in the system's own terms.
 */
export const localBatch: BatchSystem = {
  name: 'local',
  takes: 'elements',
  directives: () => [],
  // What the machine has is asked of the settings when a run is planned.
  refusals: () => [],
  prelude: ['esp_index=${1:-}', 'esp_job=', 'esp_restart=0'],
  submitCommand,
  parseSubmitted,
  listCommand: ({ natives }) => aliveCommand(natives),
  parseListing,
  findCommand,
  parseFound: (stdout, jobs) => (stdout.endsWith('end\n') ? parseSubmitted(stdout, jobs) : undefined),
  cancelCommand,
  // Spelled as `start_of` spells it, also where `ps` gives a date; without a start a pid says nothing.
  recordedNative: ({ pid, pidStart }) =>
    pidStart === '' ? undefined : `0.${pid}.${pidStart.replace(/[^A-Za-z0-9]/g, '_')}`,
};

/** `start_of PID` prints when a process began, without blanks; nothing when there is none. */
const startOf = `start_of() {
  if [ -r /proc/self/stat ]; then
    read -r line 2>/dev/null <"/proc/$1/stat" || return 0
    set -f; set -- \${line##*) }; set +f
    # A zombie has ended: it waits only for its parent to look.
    [ "$1" = Z ] || { shift 19; printf %s "$1"; }
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr -c '[:alnum:]\\n' _ | tr -d '\\n'
  fi
}`;

/** To be run detached: the shell that runs it leads the group of what it starts. One element, one such shell. */
function submitCommand(jobs: readonly Submission[]): string {
  return ['umask 077', startOf, ...jobs.map(startJob)].join('\n');
}

function startJob(job: Submission): string {
  const script = shellQuote(job.script);
  const starts = job.indices.map((index) => {
    const log = shellQuote(`${job.runFolder}/logs/${job.token}/${index}.err`);
    return [
      `sh ${script} ${index} ${job.token} </dev/null >/dev/null 2>>${log} &`,
      `printf '%s %s %s.%s.%s\\n' ${job.token} ${index} "$$" "$!" "$(start_of "$!")"`,
    ].join('\n');
  });
  return [`mkdir -p -- ${shellQuote(`${job.runFolder}/logs/${job.token}`)} || exit 73`, ...starts].join('\n');
}

function parseSubmitted(stdout: string, jobs: readonly Submission[]): readonly Submitted[] {
  const found = [...stdout.matchAll(/^(\S+) (\d+) (\d+\.\d+\.\S*)$/gm)].map((match) => ({
    token: match[1] ?? '',
    index: Number(match[2]),
    native: match[3] ?? '',
  }));
  return jobs.flatMap(({ token, indices }) => {
    const elements = found.filter((each) => each.token === token && indices.includes(each.index));
    if (elements.length === 0) return [];
    return [{ token, native: '', elements: elements.map(({ index, native }) => ({ index, native })) }];
  });
}

function aliveCommand(natives: readonly string[]): string {
  const checks = natives.flatMap((native) => {
    const { pid, start } = parts(native);
    // It was gone before its start could be read.
    if (start === '') return [];
    return `[ "$(start_of ${pid})" != ${shellQuote(start)} ] || printf '%s\\n' ${shellQuote(native)}`;
  });
  return [startOf, ...checks, 'echo end'].join('\n');
}

/** The last line says that the answer is whole. What is not there has ended; how, only its record tells. */
function parseListing(stdout: string, _question: Question): Listing | undefined {
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines.at(-1) !== 'end') return undefined;
  return {
    alive: new Set(lines.slice(0, -1)),
    ended: new Map(),
    stuck: new Map(),
    nodes: new Map(),
    notUnderstood: [],
  };
}

/** `group_of PID` prints the group of a process. */
const groupOf = `group_of() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 0
  set -f; set -- \${line##*) }; set +f
  printf %s "$3"
}`;

/** Every process whose words are `sh …/job.sh INDEX TOKEN`. */
function findCommand(jobs: readonly Submission[]): string {
  const cases = jobs.flatMap(({ token, indices }) =>
    indices.map(
      (index) =>
        `    *"/job.sh ${index} ${token} ") printf '%s %s %s.%s.%s\\n' ${token} ${index} "$(group_of "$pid")" "$pid" "$(start_of "$pid")" ;;`,
    ),
  );
  return [
    startOf,
    groupOf,
    'for folder in /proc/[0-9]*; do',
    '  pid=${folder#/proc/}',
    `  words=$(tr '\\0' ' ' 2>/dev/null <"$folder/cmdline") || continue`,
    '  case $words in',
    ...cases,
    '  esac',
    'done',
    'echo end',
  ].join('\n');
}

function cancelCommand(natives: readonly string[], how: 'end' | 'kill'): string {
  const signal = how === 'end' ? 'TERM' : 'KILL';
  const kills = natives.flatMap((native) => {
    const { group, pid, start } = parts(native);
    if (start === '') return [];
    // Group 0 would be our own: one that a person started is told alone.
    const whom = group === 0 ? pid : `-${group}`;
    return `[ "$(start_of ${pid})" != ${shellQuote(start)} ] || kill -${signal} ${whom}`;
  });
  return [startOf, ...kills, ':'].join('\n');
}

function parts(native: string): { readonly group: number; readonly pid: number; readonly start: string } {
  const match = /^(\d+)\.(\d+)\.([A-Za-z0-9_]*)$/.exec(native);
  return { group: Number(match?.[1] ?? 0), pid: Number(match?.[2] ?? 0), start: match?.[3] ?? '' };
}
