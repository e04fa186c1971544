import { readFileSync } from 'node:fs';

/** From package.json, which lies two folders above the source and three above the compiled file. */
export const packageVersion = readVersion(['../../package.json', '../../../package.json']);

function readVersion(places: readonly string[]): string {
  for (const place of places) {
    try {
      const found: { name?: string; version?: string } = JSON.parse(
        readFileSync(new URL(place, import.meta.url), 'utf8'),
      );
      if (found.name === 'espalier' && found.version !== undefined) return found.version;
    } catch {
      // Not this one.
    }
  }
  return 'unknown';
}
