import type { Partition } from '../model/index.ts';

/** What a login host said of its cluster; absent where it said nothing. */
export interface ProbedSite {
  readonly user: string;
  /** Directories that look like places for work, the best first. */
  readonly folders: readonly string[];
  /** Free bytes on the file system of each of them, and what `quota` says; absent where it says nothing. */
  readonly free: Readonly<Record<string, number>>;
  readonly quota?: string;
  readonly slurm?: string;
  readonly maxArraySize?: number;
  readonly hasAccounting: boolean;
  readonly partitions: readonly Partition[];
  readonly accounts: readonly string[];
  /** The one that jobs get which name none. */
  readonly defaultAccount?: string;
  /** QOS that associations allow, by account, in the order of their letters; and the one that jobs get which name none. */
  readonly qos: Readonly<Record<string, readonly string[]>>;
  readonly defaultQos?: string;
  /** Jobs that one may have queued or running, the least that an association says. */
  readonly maxSubmit?: number;
  readonly runtime?: 'apptainer' | 'singularity';
  readonly runtimeVersion?: string;
}

/**
 * One script for the login host; `readProbe` reads what it prints. Of each partition it asks what its nodes have, one line for
 * each kind of node.
 */
export const probeScript = [
  'say() { printf "@%s=%s\\n" "$1" "$2"; }',
  'say user "$(id -un)"',
  'for each in "${SCRATCH:-}" "${WORK:-}" "/scratch/$(id -un)" "$HOME"; do',
  '  if [ -n "$each" ] && [ -d "$each" ] && [ -w "$each" ]; then say folder "$each"; say free "$(df -Pk -- "$each" 2>/dev/null | awk \'NR == 2 { print $4 }\') $each"; fi',
  'done',
  'say quota "$( { lfs quota -q -h -u "$(id -un)" "$HOME" || quota -s; } 2>/dev/null | tail -n 1 | tr -s " ")"',
  'say slurm "$(sinfo --version 2>/dev/null | head -n 1)"',
  `say array "$(scontrol show config 2>/dev/null | awk '$1 == "MaxArraySize" { print $3 }')"`,
  `say accounting "$(scontrol show config 2>/dev/null | awk '$1 == "AccountingStorageType" { print $3 }')"`,
  "sinfo -h -o '@default=%P' 2>/dev/null | grep '[*]$'",
  "sinfo -h -N -o '@node=%R|%c|%m|%G|%l' 2>/dev/null | sort -u",
  `sacctmgr -nP show assoc user="$(id -un)" format=Account,MaxSubmitJobs,QOS,DefaultQOS 2>/dev/null | sed 's/^/@assoc=/'`,
  'say account "$(sacctmgr -nP show user "$(id -un)" format=DefaultAccount 2>/dev/null | head -n 1)"',
  'for each in apptainer singularity; do',
  '  if command -v "$each" >/dev/null 2>&1; then say runtime "$each"; say version "$("$each" --version 2>&1 | head -n 1)"; break; fi',
  'done',
  ':',
].join('\n');

export function readProbe(text: string): ProbedSite {
  const all = (key: string): readonly string[] =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith(`@${key}=`) ? [line.slice(key.length + 2).trim()] : []));
  const one = (key: string): string | undefined => all(key).find((value) => value !== '');
  const [slurm, runtime, version, quota] = [one('slurm'), one('runtime'), one('version'), one('quota')];
  const maxArraySize = Number(one('array') ?? Number.NaN);
  const assocs = all('assoc').map((line) => line.split('|'));
  const limits = assocs.flatMap(([, most]) => (/^\d+$/.test(most ?? '') ? [Number(most)] : []));
  const defaultAccount = one('account');
  const defaultQos = assocs.map(([, , , name = '']) => name).find((name) => name !== '');
  return {
    user: one('user') ?? '',
    folders: [...new Set(all('folder'))],
    free: Object.fromEntries(
      all('free').flatMap((line) => {
        const [, kilobytes = '', folder = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
        return folder === '' ? [] : [[folder, Number(kilobytes) * 1024]];
      }),
    ),
    ...(quota !== undefined && { quota }),
    ...(slurm !== undefined && { slurm }),
    ...(Number.isInteger(maxArraySize) && { maxArraySize }),
    hasAccounting: (one('accounting') ?? '').includes('slurmdbd'),
    partitions: partitionsOf(all('node'), one('default')?.replace('*', '')),
    accounts: [...new Set(assocs.map(([account = '']) => account))].filter((each) => each !== ''),
    ...(defaultAccount !== undefined && isWord(defaultAccount) && { defaultAccount }),
    qos: qosOf(assocs),
    ...(defaultQos !== undefined && { defaultQos }),
    ...(limits.length > 0 && { maxSubmit: Math.min(...limits) }),
    ...((runtime === 'apptainer' || runtime === 'singularity') && { runtime }),
    ...(version !== undefined && { runtimeVersion: version }),
  };
}

/** An account has an association for itself, and may have one for a partition. */
function qosOf(assocs: readonly (readonly string[])[]): ProbedSite['qos'] {
  const found = new Map<string, readonly string[]>();
  for (const [account = '', , names = ''] of assocs) {
    const more = names.split(',').filter(isWord);
    if (isWord(account) && more.length > 0)
      found.set(account, [...new Set([...(found.get(account) ?? []), ...more])].sort());
  }
  return Object.fromEntries(found);
}

/** What a profile can hold as a name. */
function isWord(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$/.test(text);
}

/** Nodes of a partition may differ: what counts is the most that one of them has. */
function partitionsOf(lines: readonly string[], byDefault: string | undefined): readonly Partition[] {
  const found = new Map<string, Partition>();
  for (const line of lines) {
    const [name = '', cpus = '', megabytes = '', gres = '', time = ''] = line.split('|');
    if (!isWord(name)) continue;
    const before = found.get(name);
    const seconds = slurmSeconds(time);
    const gpus = gpusOf(gres);
    found.set(name, {
      name,
      isDefault: name === byDefault,
      cpus: Math.max(before?.cpus ?? 0, Number.parseInt(cpus, 10) || 0),
      memory: Math.max(before?.memory ?? 0, (Number.parseInt(megabytes, 10) || 0) * 1024 ** 2),
      ...(seconds !== undefined && { time: seconds }),
      gpus: mostOf(before?.gpus ?? {}, gpus),
    });
  }
  return [...found.values()];
}

function mostOf(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const types = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(types.map((type) => [type, Math.max(a[type] ?? 0, b[type] ?? 0)]));
}

/** `gpu:a100:4(S:0-1),gpu:2,shard:8` or `(null)`. */
function gpusOf(gres: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const part of gres.replace(/\([^)]*\)/g, '').split(',')) {
    const gpu = /^gpu(?::([A-Za-z_][\w.-]*))?:(\d+)$/.exec(part.trim());
    if (gpu !== null) counts[gpu[1] ?? 'gpu'] = Number(gpu[2]);
  }
  return counts;
}

/** `2-00:00:00`, `1:00:00`, `30:00`; undefined for `infinite` and what is no time. */
function slurmSeconds(text: string): number | undefined {
  const time = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text.trim());
  if (time === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = time.slice(1).map((each) => Number(each ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
