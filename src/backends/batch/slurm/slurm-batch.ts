import type { Site } from '../../../model/index.ts';
import type { BatchSystem } from '../batch-system.ts';
import {
  findCommand,
  historyCommand,
  listCommand,
  parseFound,
  parseHistory,
  parseListing,
} from './listing.ts';
import { buildRanges } from './ranges.ts';
import { directives, refusals } from './requests.ts';
import { parseSubmitted, submitCommand } from './submit.ts';

/**
 * Slurm as text. What its manual says and what a live one did are told apart in docs/slurm.md; elements are named by array id and
 * index, never by the raw id, which for an array is that of its last element.
 */
export function slurmBatch(site: Site): BatchSystem {
  return {
    name: 'slurm',
    takes: 'arrays',
    directives: (resources) => directives(resources, site),
    refusals: (resources) => refusals(resources, site),
    prelude,
    submitCommand,
    parseSubmitted,
    listCommand,
    parseListing,
    history: { command: historyCommand, parse: parseHistory },
    findCommand,
    parseFound,
    recordedNative: ({ job }) => (/^\d+_\d+$/.test(job) ? job : undefined),
    cancelCommand,
  };
}

/** An index by hand wins over Slurm's; the environment that `--export=NIL` leaves out is made anew. */
const prelude = [
  'esp_index=${1:-${SLURM_ARRAY_TASK_ID:-}}',
  'if [ -n "${1:-}" ] || [ -z "${SLURM_ARRAY_JOB_ID:-}" ]; then esp_job= esp_restart=0',
  'else esp_job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID esp_restart=${SLURM_RESTART_COUNT:-0}; fi',
  '[ -n "${USER:-}" ] || USER=$(id -un)',
  '[ -n "${HOME:-}" ] || eval "HOME=~$USER"',
  'PATH=${PATH:-/usr/local/bin:/usr/bin:/bin} LC_ALL=C.UTF-8',
  'export USER HOME PATH LC_ALL',
];

/** One command for all, in the order given; the elements of an array by their ranges. */
function cancelCommand(natives: readonly string[], how: 'end' | 'kill'): string {
  const arrays = new Map<string, number[]>();
  for (const native of natives) {
    const [array = '', index = ''] = native.split('_');
    const indices = arrays.get(array) ?? [];
    arrays.set(array, indices);
    indices.push(Number(index));
  }
  const names = [...arrays].map(([array, indices]) => `${array}_[${buildRanges(indices)}]`);
  return `scancel${how === 'kill' ? ' --full -s KILL' : ''} ${names.join(' ')}`;
}
