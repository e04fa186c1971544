import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, homedir, hostname, tmpdir, totalmem, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../run/index.ts';
import { terminalPrompt } from './prompt.ts';
import { packageVersion } from './version.ts';

/** The package's own folder: two up from the compiled file, or from the source. */
export const packageFolder = findPackage(fileURLToPath(new URL('.', import.meta.url)));

/** The one place that reads the environment, the clock and the machine. */
export function readSurroundings(work?: string): Settings {
  const home = resolve(process.env.ESPALIER_HOME ?? join(dataHome(), 'espalier'));
  return {
    home,
    work: resolve(work ?? 'espalier-runs'),
    clock: () => Date.now(),
    random: () => randomLetters(4),
    user: userName(),
    host: hostname(),
    version: packageVersion,
    toolFolders: [join(home, 'tools'), join(packageFolder, 'tools')],
    containerFolders: [join(home, 'containers'), join(packageFolder, 'containers')],
    siteFolders: [
      join(home, 'sites'),
      ...(process.env.ESPALIER_SITES ?? '').split(':').filter((each) => each !== ''),
    ],
    ssh: {
      program: 'ssh',
      controlFolder: join(tmpdir(), `espalier-ssh-${userInfo().uid}`),
      agent: process.env.SSH_AUTH_SOCK,
      prompt: terminalPrompt(),
    },
    programs: { 'espalier-imaging': [process.execPath, join(packageFolder, 'dist/bin/espalier-imaging.js')] },
    // One GPU: tasks that ask for it run one after another, and an engine that finds none says so.
    capacity: { cpus: availableParallelism(), gpus: 1, memory: totalmem() },
  };
}

function dataHome(): string {
  return process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share');
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}

function randomLetters(count: number): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(count)].map((byte) => letters[byte % letters.length]).join('');
}

function findPackage(from: string): string {
  const here = resolve(from);
  const up = resolve(here, '..');
  return existsSync(join(here, 'package.json')) || up === here ? here : findPackage(up);
}
