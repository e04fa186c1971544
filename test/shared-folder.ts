import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The one place that names the folder of shared test material (real images, recordings, validators) that may lie
 * beside a checkout. `ESPALIER_SHARED` overrides it. Nothing in the product reads it.
 */
export const sharedFolder: string =
  process.env.ESPALIER_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** Path of a shared file, or undefined (with the reason printed once per file) where it is not there. */
export function sharedFile(name: string): string | undefined {
  const path = join(sharedFolder, name);
  if (existsSync(path)) return path;
  console.warn(`skipped: \`${name}\` is not there; set ESPALIER_SHARED to the folder that holds it`);
  return undefined;
}
