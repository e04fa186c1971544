import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EspalierError, type SiteTransport } from '../../model/index.ts';
import { type ProbedSite, parseSite, probeScript, readProbe, renderProfile } from '../../sites/index.ts';
import type { Settings } from '../settings.ts';
import { openTransport } from './open-site.ts';

export interface SiteRequest {
  readonly name: string;
  readonly transport: SiteTransport;
  /** Absolute path on the site; found out where it is not given. */
  readonly work?: string | undefined;
  /** Whether a profile of that name may be replaced. */
  readonly force: boolean;
}

export interface AddedSite {
  readonly file: string;
  readonly found: ProbedSite;
  readonly work: string;
}

/** Looks at a cluster by one command on its login host and writes a profile of what it found. */
export async function addSite(request: SiteRequest, settings: Settings): Promise<AddedSite> {
  const { name, transport, force } = request;
  if (name === 'local' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    throw new EspalierError('bad-usage', `\`${name}\` is no name for a site`, {
      hint: 'take letters, digits, `_`, `.` and `-`; `local` is this machine',
    });
  const there = openTransport(name, transport, settings);
  try {
    const found = readProbe((await there.run(probeScript)).stdout);
    refuseWithoutSlurm(found, transport.host);
    const work = request.work ?? guessWork(found, transport.host);
    const text = renderProfile({ transport, work }, found);
    const file = join(settings.siteFolders[0] ?? '.', `${name}.yaml`);
    const parsed = parseSite(text, name, file);
    if (!parsed.ok)
      throw new EspalierError('bad-site', `what was found makes no profile`, { problems: parsed.problems });
    await save(file, text, force);
    return { file, found, work };
  } finally {
    await there.close();
  }
}

function refuseWithoutSlurm({ slurm, partitions }: ProbedSite, host: string): void {
  if (slurm !== undefined && partitions.length > 0) return;
  const message =
    slurm === undefined
      ? `\`${host}\` has no Slurm on the PATH of a login without a terminal`
      : `\`${host}\` has the commands of Slurm, and \`sinfo\` shows no partition`;
  throw new EspalierError('no-batch', message, {
    fault: 'site',
    hint: 'is it a login host? where a module or a login profile brings Slurm, write the profile by hand: docs/sites.md',
  });
}

function guessWork({ folders, user }: ProbedSite, host: string): string {
  const [first] = folders;
  if (first === undefined)
    throw new EspalierError('no-work', `\`${host}\` shows no directory that \`${user}\` may write`, {
      hint: 'name one that login host and nodes share: `--work /path`',
    });
  return `${first.replace(/\/+$/, '')}/espalier`;
}

async function save(file: string, text: string, force: boolean): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new EspalierError('site-exists', `there is a profile already: ${file}`, {
      hint: 'take another name, or `--force` to replace it',
    });
  }
}
