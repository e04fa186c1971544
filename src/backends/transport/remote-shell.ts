import { randomBytes } from 'node:crypto';
import { EspalierError } from '../../model/index.ts';
import type { Channels, ExecOptions, Executed } from './channels.ts';

/** What a script printed between its own marks: nothing that a login shell says before or after is in it. */
export interface Framed {
  readonly code: number;
  readonly bytes: Buffer;
  readonly stderr: string;
}

/**
 * Runs POSIX shell text whatever the login shell is. Without input of its own the script comes on standard input; with input it
 * comes in the command, in letters that every shell reads alike.
 */
export async function runScript(
  channels: Channels,
  script: string,
  options: Pick<ExecOptions, 'stdin'> & { readonly timeoutMs: number },
): Promise<Framed> {
  const frame = new Frame();
  const text = frame.around(script, options.stdin === undefined);
  const { timeoutMs } = options;
  const ran =
    options.stdin === undefined
      ? await channels.exec('exec /bin/sh -s', { stdin: text, timeoutMs })
      : await channels.exec(asCommand(text), { stdin: options.stdin, timeoutMs });
  return frame.open(ran);
}

/** Gives standard output piece by piece; `take` gets it from the begin mark on. */
export async function streamScript(
  channels: Channels,
  script: string,
  take: (chunk: Buffer) => void | Promise<void>,
): Promise<{ readonly stderr: string }> {
  const mark = `@@ ${randomBytes(9).toString('hex')}\n`;
  let before: Buffer | undefined = Buffer.alloc(0);
  const onData = async (chunk: Buffer): Promise<void> => {
    if (before === undefined) return take(chunk);
    before = Buffer.concat([before, chunk]);
    const at = before.indexOf(mark);
    if (at < 0) return;
    const rest = before.subarray(at + mark.length);
    before = undefined;
    if (rest.length > 0) await take(rest);
  };
  const text = `printf '\\n%s' '${mark}'\n${script}\n`;
  const { stderr } = await channels.exec('exec /bin/sh -s', { stdin: text, onData });
  return { stderr };
}

function asCommand(text: string): string {
  const encoded = Buffer.from(text).toString('base64');
  // One argument holds 128 KiB.
  if (encoded.length > 120_000) throw new Error('a script with input of its own is too long for one command');
  return `exec /bin/sh -c 'eval "$(echo ${encoded} | base64 -d)"'`;
}

class Frame {
  readonly #token = randomBytes(9).toString('hex');

  /** In brackets, so that an `exit` inside does not skip the end mark. */
  around(script: string, withoutInput: boolean): string {
    const from = withoutInput ? ' </dev/null' : '';
    return [
      `printf '\\n%s\\n' '@@ ${this.#token} begin'`,
      `(\n${script}\n)${from}`,
      `printf '\\n%s %s\\n' '@@ ${this.#token} end' "$?"`,
      '',
    ].join('\n');
  }

  open({ code, stdout, stderr }: Executed): Framed {
    const begin = `\n@@ ${this.#token} begin\n`;
    const at = stdout.indexOf(begin);
    const end = stdout.lastIndexOf(`\n@@ ${this.#token} end `);
    if (at >= 0 && end >= 0) {
      const rest = stdout.toString('latin1', end + 1);
      const bytes = stdout.subarray(at + begin.length, Math.max(end, at + begin.length));
      return { code: Number(rest.split('\n', 1)[0]?.split(' ').at(-1) ?? 1), bytes, stderr };
    }
    if (at < 0 && code !== 0 && code !== 255 && stderr !== '')
      return { code, bytes: Buffer.alloc(0), stderr };
    throw new EspalierError(
      'connection-lost',
      `the answer of the site was cut short: ${stderr.trim() || 'no reason given'}`,
      {
        fault: 'site',
        hint: 'what runs there goes on; it is asked again',
      },
    );
  }
}
