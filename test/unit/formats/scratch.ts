import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { FormatError } from '../../../src/formats/index.ts';

/** A folder of its own for a test file, removed at the end. */
export function scratchFolder(): {
  readonly path: string;
  readonly names: () => readonly string[];
  readonly put: (name: string, bytes: Uint8Array) => string;
} {
  const path = mkdtempSync(join(tmpdir(), 'espalier-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const put = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(path, name), bytes);
    return join(path, name);
  };
  return { path, names: () => readdirSync(path), put };
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

/** The error of a promise, which must be a `FormatError` of one line that names the file. */
export async function formatError(promise: Promise<unknown>, name: string): Promise<FormatError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FormatError))
    throw new Error(`no FormatError but ${String(error)}`, { cause: error });
  expect(error.message).toContain(name);
  expect(error.message).not.toContain('\n');
  return error;
}
