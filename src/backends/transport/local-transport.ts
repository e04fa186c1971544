import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EspalierError } from '../../model/index.ts';
import type { FetchedFile, Ran, RunOptions, SentFile, SiteFile, Transport } from './transport.ts';

/** This machine as a site. */
export class LocalTransport implements Transport {
  readonly #patience: { readonly timeoutMs?: number };
  /** Shells that have not ended. */
  readonly #running = new Set<ChildProcess>();

  /** `answerWithin`: seconds that a command may take unless it says so itself; absent: as long as it likes. */
  constructor(answerWithin?: number) {
    this.#patience = answerWithin === undefined ? {} : { timeoutMs: answerWithin * 1000 };
  }

  run(script: string, options: RunOptions = {}): Promise<Ran> {
    return runShell(script, { ...this.#patience, ...options }, this.#running);
  }

  async put(files: Iterable<SiteFile>): Promise<void> {
    for (const file of files) await putFile(file);
  }

  async read(
    path: string,
    range: { readonly offset?: number; readonly limit?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw unreadable(path, error);
    });
    if (handle === undefined) return undefined;
    try {
      return await readRange(handle, range);
    } catch (error) {
      throw unreadable(path, error instanceof Error ? error : new Error(String(error)));
    } finally {
      await handle.close();
    }
  }

  async upload(localPath: string, sitePath: string, sha256: string): Promise<void> {
    const made = await copyWhole(localPath, sitePath, sha256).catch((error: unknown) => {
      throw cannotWrite(sitePath, wordsOf(error), error);
    });
    if (made !== sha256) throw changedUnderway(localPath);
  }

  download(sitePath: string, localPath: string, sha256?: string): Promise<string> {
    return copyWhole(sitePath, localPath, sha256).catch((error: unknown) => {
      const message = `cannot copy \`${sitePath}\` to \`${localPath}\`: ${wordsOf(error)}`;
      throw new EspalierError('cannot-copy', message, { fault: 'site', cause: error });
    });
  }

  async uploadMany(files: readonly SentFile[]): Promise<void> {
    for (const { localPath, sitePath, sha256 } of files) await this.upload(localPath, sitePath, sha256);
  }

  async downloadMany(files: readonly FetchedFile[]): Promise<readonly (string | undefined)[]> {
    const made: (string | undefined)[] = [];
    for (const { sitePath, localPath, sha256 } of files)
      made.push(existsSync(sitePath) ? await this.download(sitePath, localPath, sha256) : undefined);
    return made;
  }

  /** A question that nobody waits for any more must not keep us. */
  async close(): Promise<void> {
    for (const { pid } of this.#running) endGroup(pid);
  }
}

/** Gives the sha256 (hex) of what was read; nothing is put into place where it is not the one that was expected. */
async function copyWhole(from: string, to: string, expected?: string): Promise<string> {
  const part = `${to}.part`;
  const hash = createHash('sha256');
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await pipeline(
      createReadStream(from).on('data', (chunk) => hash.update(chunk)),
      createWriteStream(part),
    );
    const made = hash.digest('hex');
    if (expected === undefined || made === expected) await rename(part, to);
    return made;
  } finally {
    await rm(part, { force: true }).catch(() => {}); // an error before it is the one to tell
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function changedUnderway(path: string): EspalierError {
  return new EspalierError('changed-underway', `\`${path}\` changed while it was copied`, { fault: 'user' });
}

async function readRange(
  handle: FileHandle,
  range: { readonly offset?: number; readonly limit?: number },
): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const offset = range.offset ?? 0;
  const length = Math.max(0, Math.min(range.limit ?? Number.POSITIVE_INFINITY, size - offset));
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    // One read gives 2 GiB at most, and may give less than asked for.
    const wanted = Math.min(length - filled, 2 ** 30);
    const { bytesRead } = await handle.read(buffer, filled, wanted, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function runShell(script: string, options: RunOptions, running: Set<ChildProcess>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    // Without input of its own a script comes on standard input: one argument may hold 128 KiB at most.
    const words = options.stdin === undefined ? ['-s'] : ['-c', script];
    // Always in a session of its own: Ctrl-C at the terminal is for us, and must not break a question half answered.
    const child = spawn('sh', words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(child);
    child.on('close', () => running.delete(child));
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {}); // the command may end before it has read everything
    child.stdin.end(options.stdin ?? script);
    const timer = startTimer(options.timeoutMs, (ms) => {
      endGroup(child.pid);
      reject(new EspalierError('too-slow', `a command took longer than ${ms} ms`, { fault: 'site' }));
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      const message = `cannot start \`sh\`: ${error.message}`;
      reject(new EspalierError('no-shell', message, { fault: 'site', cause: error }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(toRan(code ?? (signal === null ? 1 : 255), Buffer.concat(out), Buffer.concat(err)));
    });
  });
}

/** The text is made only when it is asked for: bytes may be many. */
function toRan(code: number, bytes: Buffer, stderr: Buffer): Ran {
  return {
    code,
    bytes,
    get stdout() {
      return bytes.toString();
    },
    stderr: stderr.toString(),
  };
}

function startTimer(ms: number | undefined, act: (ms: number) => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(act, ms, ms);
}

/** The shell and all it started. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}

async function putFile(file: SiteFile): Promise<void> {
  const part = `${file.path}.part`;
  try {
    await mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
    await writeFile(part, file.content, { mode: file.executable ? 0o700 : 0o600 });
    await rename(part, file.path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // the first error is the one to tell
    throw cannotWrite(file.path, wordsOf(error), error);
  }
}

function cannotWrite(path: string, why: string, cause: unknown): EspalierError {
  return new EspalierError('cannot-write', `cannot write \`${path}\`: ${why}`, {
    fault: 'site',
    hint: 'is there space left, and may you write there?',
    cause,
  });
}

function unreadable(path: string, error: Error): EspalierError {
  return new EspalierError('cannot-read', `cannot read \`${path}\`: ${error.message}`, {
    fault: 'site',
    cause: error,
  });
}
