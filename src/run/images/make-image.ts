import { statFiles } from '../../backends/index.ts';
import type { Site } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import { runAsJob } from '../sites/run-as-job.ts';
import type { OpenSite } from '../with-site.ts';

type Open = Pick<OpenSite, 'site' | 'backend'>;

export interface Making {
  readonly path: string;
  readonly source: string;
  readonly build: boolean;
  /** In the folder of images, where nobody else writes. */
  readonly isOurs: boolean;
}

/** Fetching and building may take hours; in a job the wait for it comes on top. */
const patienceMs = 6 * 3600_000;

/** What `mksquashfs` takes for a large image; a job's time is shortened to what the site allows. */
const jobResources = { cpus: 2, gpus: 0, memory: 4 * 1024 ** 3, time: 2 * 3600, scratch: 0 };

/** Makes the image if it is not there, and says what it is: with a code other than 0 why it cannot be had. */
export async function makeImage(
  making: Making,
  open: Open,
): Promise<{
  readonly code: number;
  readonly said: string;
  readonly runtime?: string;
  readonly sha256?: string;
}> {
  const script = makeScript(making, open.site);
  const ran = await runWhereAllowed(making, script, open);
  const [, sha256, runtime] = /^@@ image ([0-9a-f]{64}) (.*)$/m.exec(ran.text) ?? [];
  return {
    code: ran.code,
    said: lastLines(ran.text),
    ...(runtime !== undefined && { runtime }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/** A facility that wants no builds on its login host may have no container program there either. */
async function runWhereAllowed(
  { path }: Making,
  script: string,
  open: Open,
): Promise<{ readonly code: number; readonly text: string }> {
  const { site, backend } = open;
  const mayUseJob = site.containers.pull === 'job' && site.batch === 'slurm';
  const [seen] = mayUseJob ? await statFiles(backend.transport, [path]) : [];
  if (!mayUseJob || seen !== undefined) {
    const { code, stdout, stderr } = await backend.transport.run(script, { timeoutMs: patienceMs });
    if (!mayUseJob || code === 0 || code === changedCode) return { code, text: `${stderr}\n${stdout}` };
  }
  return runAsJob(open, {
    name: 'espalier-image',
    script,
    resources: jobResources,
    timeoutMs: 4 * patienceMs,
  });
}

/** Exit code of a script that found another image than the one that was made. */
export const changedCode = 79;

/**
 * Once per site. A folder is the lock; its holder beats, and one whose beat has not been seen to change for as long as a file
 * may take to be seen is dead. The image appears whole, under a name made of what it was made from, and never takes the place of
 * another: two makers would not make the same bytes. Beside it stands the sha256 it had.
 */
function makeScript({ path, source, build, isOurs }: Making, site: Site): string {
  const { program, prelude, folder, insecureRegistries } = site.containers;
  const verb = build ? 'build' : 'pull';
  const plain = insecureRegistries.some((host) => source.includes(`://${host}/`)) ? '--no-https ' : '';
  return [
    ...prelude,
    'umask 077',
    `folder=${shellQuote(folder)} image=${shellQuote(path)} source=${shellQuote(source)} program=${shellQuote(program)}`,
    'part=$image.part-$$-$(uname -n)',
    'sum() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r; else sha256sum; fi <"$1"; }',
    'version=$("$program" --version) || exit 1',
    'take_lock() {',
    '  seen= still=0',
    '  until mkdir -- "$image.lock" 2>/dev/null; do',
    '    [ ! -e "$image" ] || return 1',
    '    beat=$(cat "$image.lock/beat" 2>/dev/null) || beat=none',
    '    if [ "$beat" = "$seen" ]; then still=$((still + 1)); else seen=$beat still=0; fi',
    `    if [ "$still" -ge ${Math.ceil(site.limits.fileDelay) + 3 * beatSeconds} ]; then`,
    '      mv -- "$image.lock" "$part.lock" 2>/dev/null && rm -rf -- "$part.lock"',
    '    else sleep 1; fi',
    '  done',
    '}',
    // It ends with us, whatever ends us; and it keeps no pipe open.
    `beat() { n=0; while kill -0 $$; do n=$((n + 1)); echo "$$ $n" >"$image.lock/beat" || exit; sleep ${beatSeconds}; done; }`,
    'if [ ! -e "$image" ]; then',
    '  mkdir -p -- "$folder/cache" "$folder/tmp"',
    '  export APPTAINER_CACHEDIR="$folder/cache" APPTAINER_TMPDIR="$folder/tmp" SINGULARITY_CACHEDIR="$folder/cache" SINGULARITY_TMPDIR="$folder/tmp"',
    '  if take_lock; then',
    '    beat </dev/null >/dev/null 2>&1 &',
    '    beater=$!',
    `    trap 'kill "$beater" 2>/dev/null; rm -rf -- "$part" "$image.lock"' EXIT`,
    "    trap 'exit 143' HUP INT TERM",
    '    if [ ! -e "$image" ]; then',
    `      "$program" ${verb} ${plain}"$part" "$source" >&2 && "$program" inspect "$part" >/dev/null || exit 1`,
    '      chmod 0400 "$part" && { ln -- "$part" "$image" 2>/dev/null || [ -e "$image" ] || mv -- "$part" "$image"; } || exit 1',
    '    fi',
    '  fi',
    'fi',
    'sum=$(sum "$image") || exit 1',
    ...(isOurs
      ? [
          'if [ -e "$image.sha256" ]; then',
          `  [ "$(cat "$image.sha256")" = "\${sum%% *}" ] || exit ${changedCode}`,
          'else',
          '  echo "${sum%% *}" >"$part.sha256" && mv -f -- "$part.sha256" "$image.sha256" || exit 1',
          'fi',
        ]
      : []),
    `printf '\n@@ image %s %s\n' "\${sum%% *}" "$version"`,
  ].join('\n');
}

/** Between two signs of life of whoever makes an image. */
const beatSeconds = 5;

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ') || 'it gave no reason';
}
