import { shellQuote } from '../../../templates/index.ts';
import type { Dependency, Submission, Submitted } from '../batch-system.ts';
import { buildRanges } from './ranges.ts';

/**
 * `esp_sub NUMBER TOKEN TICKET WORDS…`: one job, its answer between marks, its id in `esp_id_NUMBER`. A script that hangs outlives
 * the one who sent it; it must not go on once its jobs were looked for, and perhaps submitted again. Who looks takes the ticket away.
 */
const submitOne = `esp_nl='
'
esp_mine="$(uname -n) $$ $(date +%s)"
esp_sub() {
  esp_n=$1 esp_token=$2 esp_ticket=$3
  shift 3
  [ "$(cat -- "$esp_ticket" 2>/dev/null)" = "$esp_mine" ] || { printf '@@ %s revoked\\n\\n@@ end\\n' "$esp_token"; return; }
  esp_out=$(sbatch --parsable "$@" 2>&1 </dev/null)
  esp_rc=$?
  printf '@@ %s %s\\n%s\\n@@ end\\n' "$esp_token" "$esp_rc" "$esp_out"
  esp_out=\${esp_out##*"$esp_nl"}
  esp_out=\${esp_out%%;*}
  case $esp_rc$esp_out in *[!0-9]* | 0) ;; 0*) eval "esp_id_$esp_n=\\$esp_out" ;; esac
}`;

/** A whole graph in one session, one `sbatch` an array. */
export function submitCommand(jobs: readonly Submission[]): string {
  const logs = jobs.map(({ runFolder, token }) => shellQuote(`${runFolder}/logs/${token}`));
  const numbers = new Map(jobs.map(({ token }, number) => [token, number]));
  return [
    'umask 077',
    // What the login shell sets for sbatch would act as options.
    'for esp_name in $(env | LC_ALL=C awk -F= \'/^(SBATCH_|XDG_|DBUS_)[A-Za-z0-9_]*=/ { print $1 }\'); do unset "$esp_name"; done',
    `mkdir -p -- ${[...new Set(logs)].join(' ')} || exit 73`,
    submitOne,
    ...jobs.map((job) => `echo "$esp_mine" >${ticketPath(job)}`),
    ...jobs.map((job, number) => submitLine(job, number, numbers)),
    '',
  ].join('\n');
}

/** Shell text: a file beside the job script. */
export function ticketPath({ script }: Submission): string {
  return shellQuote(`${script.slice(0, script.lastIndexOf('/'))}/ticket`);
}

function submitLine(job: Submission, number: number, numbers: ReadonlyMap<string, number>): string {
  const { token, script, runFolder, indices, after, atOnce } = job;
  const words = [
    `--job-name=${token}`,
    `--comment=${token}`,
    `--array=${buildRanges(indices)}${atOnce === undefined ? '' : `%${atOnce}`}`,
    `--chdir=${runFolder}`,
    `--output=${runFolder}/logs/${token}/%a.err`,
    // A dead dependent would block its neighbours: Slurm looks at ten open elements of an array only.
    ...(after.length > 0 ? ['--kill-on-invalid-dep=yes'] : []),
  ].map(shellQuote);
  const needed = after.flatMap((each) => {
    const from = each.token === undefined ? undefined : numbers.get(each.token);
    return from === undefined ? [] : [`[ -n "\${esp_id_${from}:-}" ]`];
  });
  const dependency = after.length === 0 ? '' : ` --dependency=${dependencyText(after, numbers)}`;
  const submit = `esp_sub ${number} ${token} ${ticketPath(job)} ${words.join(' ')}${dependency} ${shellQuote(script)}`;
  if (needed.length === 0) return submit;
  return `if ${needed.join(' && ')}; then ${submit}; else printf '@@ %s skipped\\n\\n@@ end\\n' ${token}; fi`;
}

function dependencyText(after: readonly Dependency[], numbers: ReadonlyMap<string, number>): string {
  const ids = (how: Dependency['how']): readonly string[] =>
    after
      .filter((each) => each.how === how)
      .map(({ token, native }) =>
        token === undefined ? (native ?? '') : `\${esp_id_${numbers.get(token)}}`,
      );
  const [items, all] = [ids('item'), ids('all')];
  return [
    ...(items.length > 0 ? [`aftercorr:${items.join(':')}`] : []),
    ...(all.length > 0 ? [`afterany:${all.join(':')}`] : []),
  ].join(',');
}

/** Slurm's words for "not now": a full queue, a limit of ours that waiting mends. */
const laterWords =
  /temporarily unable to accept|Resource temporarily unavailable|Unable to contact slurm controller|\w*MaxSubmitJob\w*|\w*GrpSubmitJobs\w*|Slurm backup controller in standby|rate limit/i;

/** The job may have been taken all the same. */
const doubtWords =
  /Socket timed out|Zero Bytes were transmitted|Connection (reset|refused)|Unexpected message|communication/i;

export function parseSubmitted(stdout: string, jobs: readonly Submission[]): readonly Submitted[] {
  const blocks = new Map<string, { readonly code: string; readonly text: string }>();
  for (const match of stdout.matchAll(/^@@ (\S+) (\S+)\n([\s\S]*?)\n@@ end$/gm))
    blocks.set(match[1] ?? '', { code: match[2] ?? '', text: match[3] ?? '' });
  return jobs.flatMap((job): readonly Submitted[] => {
    const block = blocks.get(job.token);
    return block === undefined ? [] : readAnswer(job, block.code, block.text);
  });
}

function readAnswer(job: Submission, code: string, text: string): readonly Submitted[] {
  const { token } = job;
  const none = { token, native: '', elements: [] };
  if (code === 'skipped')
    return [{ ...none, refused: { reason: 'what it waits for was not taken', again: 'later' } }];
  if (code === 'revoked')
    return [
      { ...none, refused: { reason: 'its ticket could not be written, or was taken away', again: 'later' } },
    ];
  const id = /^(\d+)(?:;\S+)?$/.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1];
  if (code === '0' && id !== undefined) return [taken(job, id)];
  const reason =
    text
      .trim()
      .replace(/^sbatch: (error: )?/gm, '')
      .replaceAll('\n', '; ') || `sbatch ended with code ${code}`;
  if (laterWords.test(text)) return [{ ...none, refused: { reason, again: 'later' } }];
  if (doubtWords.test(text) || code === '0') return [];
  return [{ ...none, refused: { reason, again: 'never' } }];
}

export function taken({ token, indices }: Submission, id: string): Submitted {
  return { token, native: id, elements: indices.map((index) => ({ index, native: `${id}_${index}` })) };
}
