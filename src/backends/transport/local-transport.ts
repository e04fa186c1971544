import { spawn } from 'node:child_process';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspalierError } from '../../model/index.ts';
import type { Ran, RunOptions, SiteFile, Transport } from './transport.ts';

/** This machine as a site. */
export class LocalTransport implements Transport {
  run(script: string, options: RunOptions = {}): Promise<Ran> {
    return runShell(script, options);
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
      const { size } = await handle.stat();
      const offset = range.offset ?? 0;
      const length = Math.max(0, Math.min(range.limit ?? Number.POSITIVE_INFINITY, size - offset));
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {}
}

function runShell(script: string, options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    // Without input of its own a script comes on standard input: one argument may hold 128 KiB at most.
    const words = options.stdin === undefined ? ['-s'] : ['-c', script];
    const child = spawn('sh', words, {
      detached: options.detached ?? false,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {}); // the command may end before it has read everything
    child.stdin.end(options.stdin ?? script);
    const timer = startTimer(options.timeoutMs, () => child.kill('SIGKILL'));
    child.on('error', (error) =>
      reject(
        new EspalierError('no-shell', `cannot start \`sh\`: ${error.message}`, {
          fault: 'site',
          cause: error,
        }),
      ),
    );
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const bytes = Buffer.concat(out);
      resolve({
        code: code ?? (signal === null ? 1 : 255),
        stdout: bytes.toString(),
        bytes,
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

function startTimer(ms: number | undefined, act: () => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(act, ms);
}

async function putFile(file: SiteFile): Promise<void> {
  const part = `${file.path}.part`;
  try {
    await mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
    await writeFile(part, file.content, { mode: file.executable ? 0o700 : 0o600 });
    await rename(part, file.path);
  } catch (error) {
    await rm(part, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new EspalierError('cannot-write', `cannot write \`${file.path}\`: ${why}`, {
      fault: 'site',
      hint: 'is there space left, and may you write there?',
      cause: error,
    });
  }
}

function unreadable(path: string, error: Error): EspalierError {
  return new EspalierError('cannot-read', `cannot read \`${path}\`: ${error.message}`, {
    fault: 'site',
    cause: error,
  });
}
