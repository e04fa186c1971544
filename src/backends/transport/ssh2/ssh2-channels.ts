import { Readable } from 'node:stream';
import PQueue from 'p-queue';
import type { ClientChannel } from 'ssh2';
import { EspalierError, type SiteTransport } from '../../../model/index.ts';
import { withBackOff } from '../back-off.ts';
import { type Channels, type ExecOptions, type Executed, mostChannels } from '../channels.ts';
import type { Connection, Ssh2Surroundings } from './connect.ts';

/** A server that refuses a channel may have one free soon. */
const channelTries = 6;

/** Commands on one connection of the built-in client. */
export function openSsh2(target: SiteTransport, surroundings: Ssh2Surroundings): Channels {
  return new Ssh2Channels(target, surroundings);
}

class Ssh2Channels implements Channels {
  readonly #target: SiteTransport;
  readonly #surroundings: Ssh2Surroundings;
  readonly #queue = new PQueue({ concurrency: mostChannels });
  #connection: Promise<Connection> | undefined;
  #wasThere = false;
  /** What ends the commands under way, when the connection breaks. */
  readonly #broken = new Set<(why: string) => void>();

  constructor(target: SiteTransport, surroundings: Ssh2Surroundings) {
    this.#target = target;
    this.#surroundings = surroundings;
  }

  exec(command: string, options: ExecOptions): Promise<Executed> {
    return this.#queue.add(async () => {
      const { client } = await this.#open();
      return this.#follow(await this.#channel(client, command), options);
    });
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    const made = await connection?.catch(() => undefined);
    made?.end();
  }

  /** One connection for all commands that wait for it. A broken one is made anew by the next command. */
  #open(): Promise<Connection> {
    const connectOnce = async (): Promise<Connection> => {
      // Only now: the client is large, and most sites are reached by OpenSSH.
      const { connect } = await import('./connect.ts');
      return connect(this.#target, this.#surroundings);
    };
    this.#connection ??= withBackOff(connectOnce, this.#wasThere).then(
      (connection) => {
        this.#wasThere = true;
        const gone = (why: string): void => {
          this.#connection = undefined;
          connection.end();
          for (const tell of [...this.#broken]) tell(why);
        };
        connection.client.on('error', (error) => gone(error.message));
        connection.client.on('close', () => gone('it was closed'));
        return connection;
      },
      (error: unknown) => {
        this.#connection = undefined;
        throw error;
      },
    );
    return this.#connection;
  }

  async #channel(client: Connection['client'], command: string): Promise<Opened> {
    for (let tries = 1; ; tries++) {
      try {
        return await new Promise<Opened>((resolve, reject) => {
          const tell = (why: string): void => reject(lost(why));
          this.#broken.add(tell);
          const done = (error: Error | undefined, channel: ClientChannel): void => {
            this.#broken.delete(tell);
            if (error === undefined) resolve({ channel, exit: watchExit(channel) });
            else reject(error);
          };
          // It throws where the connection has ended since.
          try {
            client.exec(command, done);
          } catch (error) {
            this.#broken.delete(tell);
            reject(lost(error instanceof Error ? error.message : String(error)));
          }
        });
      } catch (error) {
        if (error instanceof EspalierError) throw error;
        if (tries === channelTries) throw lost(`no channel in ${tries} tries: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
      }
    }
  }

  #follow({ channel, exit }: Opened, options: ExecOptions): Promise<Executed> {
    return new Promise((resolve, reject) => {
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      const finish = (): void => {
        clearTimeout(timer);
        this.#broken.delete(tell);
      };
      const fail = (error: Error): void => {
        finish();
        channel.destroy();
        reject(error);
      };
      const tell = (why: string): void => fail(lost(why));
      const { timeoutMs } = options;
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => fail(tooSlow(timeoutMs)), timeoutMs);
      this.#broken.add(tell);
      const taken = takeOutput(channel, options, out, fail);
      channel.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      channel.on('error', fail);
      channel.on('close', () => {
        finish();
        const { code } = exit;
        if (code === undefined) reject(lost('the command was cut off'));
        else {
          const stdout = (): Buffer => Buffer.concat(out);
          taken.then(
            () => resolve({ code, stdout: stdout(), stderr: Buffer.concat(err).toString() }),
            reject,
          );
        }
      });
      feed(channel, options.stdin, fail);
    });
  }
}

/** A channel, and how its command ended, once it has. */
interface Opened {
  readonly channel: ClientChannel;
  readonly exit: { code?: number };
}

/** From the moment when the channel is there: a quick command's end comes in one piece with the word that it has begun. */
function watchExit(channel: ClientChannel): Opened['exit'] {
  const exit: Opened['exit'] = {};
  channel.on('exit', (code: number | null) => {
    exit.code = code ?? 255;
  });
  return exit;
}

async function takeOutput(
  channel: ClientChannel,
  { onData }: ExecOptions,
  out: Buffer[],
  fail: (error: Error) => void,
): Promise<void> {
  if (onData === undefined) {
    channel.on('data', (chunk: Buffer) => out.push(chunk));
    return;
  }
  try {
    for await (const chunk of channel) await onData(chunk);
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The command may end before it has read everything: what comes of that, its exit says. */
function feed(channel: ClientChannel, stdin: ExecOptions['stdin'], fail: (error: Error) => void): void {
  const input = typeof stdin === 'function' ? stdin() : stdin;
  if (input instanceof Readable) input.on('error', fail).pipe(channel);
  else channel.end(input ?? '');
}

function lost(why: string): EspalierError {
  return new EspalierError('connection-lost', `the connection to the site broke: ${why}`, {
    fault: 'site',
    hint: 'what runs there goes on; it is asked again',
  });
}

function tooSlow(ms: number): EspalierError {
  return new EspalierError('too-slow', `a command on the site took longer than ${Math.round(ms / 1000)} s`, {
    fault: 'site',
  });
}
