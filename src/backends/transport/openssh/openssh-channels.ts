import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import PQueue from 'p-queue';
import { EspalierError, type SiteTransport } from '../../../model/index.ts';
import { type Channels, type ExecOptions, type Executed, mostChannels } from '../channels.ts';
import { Master, type SshSurroundings } from './master.ts';

/** Commands through the user's own `ssh`, all on one control connection. */
export function openOpenssh(target: SiteTransport, surroundings: SshSurroundings): Channels {
  return new OpensshChannels(new Master(target, surroundings));
}

/** As for the built-in client: a server that refuses a channel may have one free soon. */
const channelTries = 6;

/** What `ssh` says when the connection was gone or full, and it was kept from making another: nothing was run. */
const neverBegan =
  /^kex_exchange_identification: |^Connection closed by UNKNOWN |^ssh_exchange_identification: /m;

function mayRepeat({ stdout, stderr }: Executed, { stdin, onData }: ExecOptions): boolean {
  const isFresh = stdout.length === 0 && onData === undefined && !(stdin instanceof Readable);
  return isFresh && neverBegan.test(stderr);
}

class OpensshChannels implements Channels {
  readonly #master: Master;
  readonly #queue = new PQueue({ concurrency: mostChannels });
  /** Commands that have not ended. */
  readonly #running = new Set<ChildProcess>();

  constructor(master: Master) {
    this.#master = master;
  }

  exec(command: string, options: ExecOptions): Promise<Executed> {
    return this.#queue.add(async () => {
      // What is read from a stream cannot be sent twice: look first.
      if (options.stdin instanceof Readable) this.#master.doubt();
      for (let tries = 1; ; tries++) {
        await this.#master.open();
        const ran = await runChild(
          this.#master.program,
          [...this.#master.channelWords(), command],
          options,
          this.#running,
        );
        // 255 may be the remote command's own code; the layer above knows by its marks. Here it only raises doubt.
        if (ran.code !== 255) return ran;
        this.#master.doubt();
        if (tries === channelTries || !mayRepeat(ran, options)) return ran;
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
      }
    });
  }

  /** A question that nobody waits for any more must not keep us. */
  close(): Promise<void> {
    for (const child of this.#running) abandon(child);
    return this.#master.close();
  }
}

function runChild(
  program: string,
  words: readonly string[],
  options: ExecOptions,
  running: Set<ChildProcess>,
): Promise<Executed> {
  return new Promise((resolve, reject) => {
    // In a session of its own: Ctrl-C at the terminal is for us.
    const child = spawn(program, words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(child);
    child.on('close', () => running.delete(child));
    const fail = (error: Error): void => {
      clearTimeout(timer);
      abandon(child);
      reject(error);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => fail(tooSlow(options.timeoutMs ?? 0)), options.timeoutMs);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const taken = takeOutput(child, options, out, fail);
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    feed(child, options.stdin, fail);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const stderr = Buffer.concat(err).toString();
      taken.then(
        () => resolve({ code: code ?? (signal === null ? 1 : 255), stdout: Buffer.concat(out), stderr }),
        reject,
      );
    });
  });
}

/** The shared connection holds the far ends of its pipes until the command there ends: ours must not keep us from ending. */
function abandon(child: ChildProcess): void {
  child.kill('SIGKILL');
  for (const stream of child.stdio) stream?.destroy();
}

async function takeOutput(
  child: ChildProcess,
  { onData }: ExecOptions,
  out: Buffer[],
  fail: (error: Error) => void,
): Promise<void> {
  if (child.stdout === null) return;
  if (onData === undefined) {
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    return;
  }
  try {
    for await (const chunk of child.stdout) await onData(chunk);
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
  }
}

function feed(child: ChildProcess, stdin: ExecOptions['stdin'], fail: (error: Error) => void): void {
  if (child.stdin === null) return;
  child.stdin.on('error', () => {}); // the command may end before it has read everything
  const input = typeof stdin === 'function' ? stdin() : stdin;
  if (input instanceof Readable) input.on('error', fail).pipe(child.stdin);
  else child.stdin.end(input ?? '');
}

function tooSlow(ms: number): EspalierError {
  return new EspalierError('too-slow', `a command on the site took longer than ${Math.round(ms / 1000)} s`, {
    fault: 'site',
  });
}
