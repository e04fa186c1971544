import { shellQuote } from '../../templates/index.ts';
import type { BatchSystem, Submission, SubmittedElement } from './batch-system.ts';

/**
 * A machine without a batch system: each element is a process in a session of its own, so that it outlives us. A native id
 * is `GROUP.PID.START`: the process group to end, the process, and when it began in the system's own terms.
 */
export const localBatch: BatchSystem = {
  name: 'local',
  takes: 'elements',
  directives: () => [],
  prelude: ['esp_index=${1:-}', 'esp_job=', 'esp_restart=0'],
  submitCommand,
  parseSubmitted,
  aliveCommand,
  parseAlive,
  findCommand,
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
function submitCommand(job: Submission): string {
  const script = shellQuote(job.script);
  const starts = job.indices.map((index) => {
    const log = shellQuote(`${job.runFolder}/logs/${job.token}/${index}.err`);
    return [
      `sh ${script} ${index} ${job.token} </dev/null >/dev/null 2>>${log} &`,
      `printf '%s %s.%s.%s\\n' ${index} "$$" "$!" "$(start_of "$!")"`,
    ].join('\n');
  });
  return [
    startOf,
    `mkdir -p -- ${shellQuote(`${job.runFolder}/logs/${job.token}`)} || exit 73`,
    ...starts,
  ].join('\n');
}

function parseSubmitted(stdout: string, job: Submission): readonly SubmittedElement[] {
  const found = [...stdout.matchAll(/^(\d+) (\d+\.\d+\.\S*)$/gm)].map((match) => ({
    index: Number(match[1]),
    native: match[2] ?? '',
  }));
  return found.filter(({ index }) => job.indices.includes(index));
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

/** The last line says that the answer is whole. */
function parseAlive(stdout: string): ReadonlySet<string> | undefined {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.at(-1) === 'end' ? new Set(lines.slice(0, -1)) : undefined;
}

/** `group_of PID` prints the group of a process. */
const groupOf = `group_of() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 0
  set -f; set -- \${line##*) }; set +f
  printf %s "$3"
}`;

/** Every process whose words are `sh …/job.sh INDEX TOKEN`. */
function findCommand(job: Submission): string {
  const cases = job.indices.map(
    (index) =>
      `    *"/job.sh ${index} ${job.token} ") printf '%s %s.%s.%s\\n' ${index} "$(group_of "$pid")" "$pid" "$(start_of "$pid")" ;;`,
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
    ':',
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
