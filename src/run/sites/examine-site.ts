import type { Site } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';
import { runAsJob } from './run-as-job.ts';

/** One thing that was looked at on a site. */
export interface SiteCheck {
  readonly what: string;
  readonly is: 'ok' | 'warning' | 'failed';
  /** What was seen. */
  readonly seen: string;
  /** What to do about it; empty when all is well. */
  readonly mend: string;
}

/** Clocks that differ by more make times in records hard to read; nothing is decided on them. */
const clockSeconds = 60;

/** Looks at a site from its login host by one script, and, unless told otherwise, from a node by a job of a minute. */
export async function examineSite(
  open: Pick<OpenSite, 'site' | 'backend'>,
  clock: () => number,
  options: { readonly job: boolean },
): Promise<readonly SiteCheck[]> {
  const { site, backend } = open;
  const began = clock();
  const ran = await backend.transport.run(loginScript(site));
  const seen = readFacts(ran.stdout);
  const latency = clock() - began;
  const checks = [
    check(
      'login',
      true,
      `answers in ${latency} ms as ${seen.get('user') ?? '?'}, shell ${seen.get('shell') ?? '?'}`,
      '',
    ),
    utilities(seen),
    workFolder(site, seen),
    clockCheck(seen, clock()),
    ...(site.batch === 'slurm' ? slurmChecks(site, seen) : []),
    ...(site.containers.runtime === 'none' ? [] : [runtimeCheck(site, seen)]),
  ];
  if (!options.job || site.batch !== 'slurm') return checks;
  return [...checks, ...(await jobChecks(open))];
}

function check(
  what: string,
  ok: boolean,
  seen: string,
  mend: string,
  bad: 'warning' | 'failed' = 'failed',
): SiteCheck {
  return { what, is: ok ? 'ok' : bad, seen, mend: ok ? '' : mend };
}

const needed = 'chmod cp date find head ln mkdir mv readlink rm sort stat tail uname tar awk wc env id tr';

function loginScript(site: Site): string {
  const { program, prelude } = site.containers;
  return [
    `work=${shellQuote(site.work)}`,
    'say() { printf "%s=%s\\n" "$1" "$2"; }',
    'say user "$(id -un)"',
    'say shell "${SHELL:-?}"',
    'say clock "$(date +%s)"',
    `missing=; for each in ${needed}; do command -v "$each" >/dev/null 2>&1 || missing="$missing $each"; done`,
    'command -v openssl >/dev/null 2>&1 || command -v sha256sum >/dev/null 2>&1 || missing="$missing sha256sum"',
    'say missing "$missing"',
    'if (umask 077; mkdir -p -- "$work" && : >"$work/.probe" && rm -f -- "$work/.probe") 2>/dev/null; then say writable yes; else say writable no; fi',
    `say free "$(df -Pk -- "$work" 2>/dev/null | awk 'NR == 2 { print $4 }')"`,
    'say slurm "$(sinfo --version 2>&1 | head -n 1)"',
    `say array "$(scontrol show config 2>/dev/null | awk '$1 == "MaxArraySize" { print $3 }')"`,
    `say age "$(scontrol show config 2>/dev/null | awk '$1 == "MinJobAge" { print $3 }')"`,
    'if sacct -n -X -S now-1hour >/dev/null 2>&1; then say accounting yes; else say accounting no; fi',
    `say partitions "$(sinfo -h -o %R 2>/dev/null | sort -u | tr '\\n' ' ')"`,
    ...prelude,
    `say runtime "$(${shellQuote(program)} --version 2>&1 | head -n 1)"`,
    ':',
  ].join('\n');
}

type Facts = ReadonlyMap<string, string>;

function readFacts(text: string): Facts {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
}

function utilities(seen: Facts): SiteCheck {
  const missing = seen.get('missing') ?? '?';
  return check(
    'utilities',
    missing === '',
    missing === '' ? 'all there' : `missing: ${missing}`,
    'ask the facility to install them',
  );
}

function workFolder(site: Site, seen: Facts): SiteCheck {
  const free = Number(seen.get('free') ?? 0) / 1024 ** 2;
  const ok = seen.get('writable') === 'yes';
  const shown = `${site.work}: ${ok ? `writable, ${free.toFixed(1)} GB free` : 'may not be written'}`;
  return check('work directory', ok, shown, 'name another `work` in the profile');
}

function clockCheck(seen: Facts, nowMs: number): SiteCheck {
  const off = Math.round(Number(seen.get('clock')) - nowMs / 1000);
  const shown = `${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead of'} this machine`;
  return check(
    'clock',
    Math.abs(off) <= clockSeconds,
    shown,
    'set the clock of this machine; times in records are of the site',
    'warning',
  );
}

function slurmChecks(site: Site, seen: Facts): readonly SiteCheck[] {
  const version = seen.get('slurm') ?? '';
  const isThere = /^slurm/i.test(version);
  const array = Number(seen.get('array') ?? 0);
  const there = new Set((seen.get('partitions') ?? '').split(' '));
  const unknown = Object.keys(site.partitions).filter((name) => !there.has(name));
  return [
    check(
      'Slurm',
      isThere,
      version,
      'is `sinfo` on the PATH of a login without a terminal? say so in `prelude`',
    ),
    check(
      'array size',
      array > site.limits.arraySize,
      `MaxArraySize ${array}, the profile uses ${site.limits.arraySize}`,
      `set \`limits: { array-size: ${Math.max(1, array - 1)} }\``,
    ),
    check(
      'accounting',
      seen.get('accounting') === 'yes',
      seen.get('accounting') === 'yes' ? 'sacct answers' : 'sacct does not answer',
      `how jobs ended is known only while squeue shows them (${seen.get('age') ?? '?'})`,
      'warning',
    ),
    check(
      'partitions',
      unknown.length === 0,
      unknown.length === 0
        ? Object.keys(site.partitions).join(', ') || 'none in the profile'
        : `not there: ${unknown.join(', ')}`,
      `there are: ${[...there].join(' ')}`,
    ),
  ];
}

function runtimeCheck(site: Site, seen: Facts): SiteCheck {
  const version = seen.get('runtime') ?? '';
  return check(
    'containers',
    /version/i.test(version),
    version,
    `\`${site.containers.program}\` does not run on the login host: set \`containers: { program: … }\` or a \`prelude\` that loads it`,
  );
}

/** A job of at most a minute: what a node sees. */
async function jobChecks(open: Pick<OpenSite, 'site' | 'backend'>): Promise<readonly SiteCheck[]> {
  const { site } = open;
  const wantsGpu = Object.values(site.partitions).some(({ gpus }) =>
    Object.values(gpus).some((count) => count > 0),
  );
  const resources = { cpus: 1, gpus: wantsGpu ? 1 : 0, memory: 100 * 1024 ** 2, time: 60, scratch: 0 };
  const script = [
    `cd -- ${shellQuote(site.work)} || echo "seen=no"`,
    ...site.containers.prelude,
    'echo "node=$(uname -n)"',
    'echo "gpu=${CUDA_VISIBLE_DEVICES:-}"',
    'echo "devices=$(ls /dev/nvidia[0-9]* 2>/dev/null | tr "\\n" " ")"',
    `echo "runtime=$(${shellQuote(site.containers.program)} --version 2>&1 | head -n 1)"`,
  ].join('\n');
  const ran = await runAsJob(open, {
    name: 'espalier-doctor',
    script,
    resources,
    timeoutMs: 15 * 60_000,
  });
  const seen = readFacts(ran.text);
  const node = seen.get('node');
  if (ran.code !== 0 || node === undefined)
    return [
      check(
        'test job',
        false,
        ran.text.trim().split('\n').slice(-2).join(' | '),
        'these are the batch system’s own words',
      ),
    ];
  return [
    check(
      'test job',
      seen.get('seen') !== 'no',
      `ran on ${node}`,
      `the node does not see ${site.work}: name a shared directory`,
    ),
    ...(wantsGpu
      ? [
          check(
            'GPU',
            seen.get('gpu') !== '',
            `CUDA_VISIBLE_DEVICES=${seen.get('gpu')}, devices: ${seen.get('devices') || 'none'}`,
            'the batch system gave the job no GPU by name: ask the facility',
          ),
        ]
      : []),
    ...(site.containers.runtime === 'none'
      ? []
      : [
          check(
            'containers on a node',
            /version/i.test(seen.get('runtime') ?? ''),
            seen.get('runtime') ?? '',
            'it is not there on the nodes: load it in `containers: { prelude: … }`',
          ),
        ]),
  ];
}
