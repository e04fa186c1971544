import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = '0.6.2';
const integrity =
  'sha512-3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==';

/**
 * The folder of the package `webgpu`, fetched once into the user's cache folder: 130 MB that are no dependency of this
 * project. Also sets ESPALIER_WEBGPU, by which the program finds it.
 * @returns undefined, with the reason printed, where it cannot be had
 */
export function webgpuPackage(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'espalier-webgpu', version);
  const folder = join(cache, 'package');
  try {
    if (process.env.ESPALIER_WEBGPU === undefined) {
      if (!existsSync(folder)) fetchInto(cache);
      process.env.ESPALIER_WEBGPU = folder;
    }
    return process.env.ESPALIER_WEBGPU;
  } catch (error) {
    console.log(
      `the package webgpu cannot be had here: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

function fetchInto(cache: string): void {
  const beside = `${cache}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  try {
    execFileSync('npm', ['pack', `webgpu@${version}`, '--pack-destination', beside], { stdio: 'pipe' });
    const file = join(beside, `webgpu-${version}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== integrity) throw new Error(`what was fetched is ${found}, and ${integrity} is wanted`);
    execFileSync('tar', ['xzf', file, '-C', beside]);
    rmSync(file);
    if (!existsSync(cache)) renameSync(beside, cache);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}
