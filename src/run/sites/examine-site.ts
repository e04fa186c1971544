import type { Site } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';
import { examineNode } from './examine-node.ts';
import { check, type Facts, readFacts, type SiteCheck } from './site-check.ts';

/** Clocks that differ by more make times in records hard to read; nothing is decided on them. */
const clockSeconds = 60;

/** Looks at a site from its login host by one script, and, unless told otherwise, from a node by a job of a minute. */
export async function examineSite(
  open: Pick<OpenSite, 'site' | 'backend'>,
  clock: () => number,
  options: { readonly job: boolean; readonly say: (text: string) => void },
): Promise<readonly SiteCheck[]> {
  const { site, backend } = open;
  const began = clock();
  const ran = await backend.transport.run(loginScript(site));
  const seen = readFacts(ran.stdout);
  const latency = clock() - began;
  const folder = workFolder(site, seen);
  const checks = [
    check(
      'login',
      true,
      `answers in ${latency} ms as ${seen.get('user') ?? '?'}, shell ${seen.get('shell') ?? '?'}`,
      '',
    ),
    utilities(seen),
    folder,
    purgeCheck(site, seen),
    clockCheck(seen, clock()),
    ...(site.batch === 'slurm' ? slurmChecks(site, seen) : []),
    ...(site.containers.runtime === 'none' ? [] : [runtimeCheck(site, seen)]),
  ];
  if (!options.job || site.batch !== 'slurm') return checks;
  // What the job is and says lies there.
  if (folder.is === 'failed') return [...checks, check('test job', false, 'not run: no work directory', '')];
  options.say(
    'asking a node by a job of a minute, which may have to wait in the queue (`--no-job` leaves it out)',
  );
  return [...checks, ...(await examineNode(open))];
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
    'say quota "$( { lfs quota -q -h -u "$(id -un)" "$work" || quota -s; } 2>/dev/null | tail -n 1 | tr -s " ")"',
    `say purge "$(cat /etc/motd /etc/motd.d/* 2>/dev/null | grep -i -m 1 -e purge -e 'deleted after' -e 'removed after')"`,
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
  const quota = seen.get('quota') ?? '';
  const more = quota === '' ? '' : `, quota: ${quota}`;
  const shown = `${site.work}: ${ok ? `writable, ${free.toFixed(1)} GB free${more}` : 'may not be written'}`;
  return check('work directory', ok, shown, 'name another `work` in the profile');
}

/** No command tells what a facility removes: its message of the day may, else a person has to ask. */
function purgeCheck({ purge }: Site, seen: Facts): SiteCheck {
  const said = seen.get('purge') ?? '';
  const shown = purge ?? (said === '' ? 'nobody has said' : `the message of the day: ${said}`);
  return check(
    'purge policy',
    purge !== undefined,
    shown,
    'ask after how many days files on this file system are removed, fetch results before, and write it down: `purge: never`, or `purge: 60 days`',
    'warning',
  );
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
