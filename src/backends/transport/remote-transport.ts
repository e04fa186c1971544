import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspalierError } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import type { Channels, ExecOptions } from './channels.ts';
import { packFiles } from './pack-files.ts';
import { packUploads } from './pack-uploads.ts';
import { type Framed, runScript, streamScript } from './remote-shell.ts';
import { digest } from './site-digest.ts';
import type { FetchedFile, Ran, RunOptions, SentFile, SiteFile, Transport } from './transport.ts';
import { emitFiles, FileUnpacker } from './unpack-stream.ts';

/** A file of any size may take so long to send, or to be read through. */
const sendPatienceMs = 24 * 3600_000;

/** A site behind SSH, whichever way its channels are made. */
export class RemoteTransport implements Transport {
  readonly #channels: Channels;
  readonly #patienceMs: number;

  /** `answerWithin`: seconds that a command may take unless it is known to take longer. */
  constructor(channels: Channels, answerWithin = 240) {
    this.#channels = channels;
    this.#patienceMs = answerWithin * 1000;
  }

  async run(script: string, options: RunOptions = {}): Promise<Ran> {
    return toRan(await this.#ask(script, options));
  }

  #ask(script: string, options: Pick<ExecOptions, 'stdin' | 'timeoutMs'> = {}): Promise<Framed> {
    return runScript(this.#channels, script, {
      ...options,
      timeoutMs: options.timeoutMs ?? this.#patienceMs,
    });
  }

  async put(files: Iterable<SiteFile>): Promise<void> {
    const list = [...files];
    if (list.length === 0) return;
    const { stdin, script } = packFiles(list, randomBytes(6).toString('hex'));
    const ran = await this.#ask(script, { stdin });
    if (ran.code !== 0) throw cannotWrite(list[0]?.path ?? '', ran.stderr);
  }

  async read(
    path: string,
    range: { readonly offset?: number; readonly limit?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const file = shellQuote(path);
    const limit = range.limit === undefined ? 'cat' : `head -c ${range.limit}`;
    const script = `[ -e ${file} ] || exit 44\n[ ! -d ${file} ] || { echo 'it is a folder' >&2; exit 45; }\ntail -c +${(range.offset ?? 0) + 1} <${file} | ${limit}`;
    const ran = await this.#ask(`${script}\n[ -r ${file} ] || exit 45`);
    if (ran.code === 44) return undefined;
    if (ran.code === 0) return ran.bytes;
    throw new EspalierError('cannot-read', `cannot read \`${path}\`: ${ran.stderr.trim()}`, {
      fault: 'site',
    });
  }

  async upload(localPath: string, sitePath: string, sha256: string): Promise<void> {
    const part = `${sitePath}.part-${randomBytes(4).toString('hex')}`;
    const script = [
      digest,
      'umask 077',
      `part=${shellQuote(part)}`,
      `trap 'rm -f -- "$part"' EXIT`,
      // When the connection is cut, what it says goes nowhere, and must not end it before it has cleaned up.
      `trap '' PIPE`,
      "trap 'exit 143' HUP TERM",
      `mkdir -p -- ${shellQuote(dirname(sitePath))} && cat >"$part" || exit 73`,
      'made=$(digest "$part") || exit 74',
      `[ "\${made%% *}" = ${sha256} ] || { echo "arrived as \${made%% *}" >&2; exit 75; }`,
      `mv -f -- "$part" ${shellQuote(sitePath)}`,
    ].join('\n');
    const stdin = createReadStream(localPath);
    const ran = await this.#ask(script, { stdin, timeoutMs: sendPatienceMs });
    if (ran.code !== 0) throw cannotWrite(sitePath, ran.stderr);
  }

  async uploadMany(files: readonly SentFile[]): Promise<void> {
    const [first] = files;
    if (first === undefined) return;
    const { stdin, script } = packUploads(files, randomBytes(6).toString('hex'));
    const ran = await this.#ask(script, { stdin, timeoutMs: sendPatienceMs });
    if (ran.code !== 0) throw cannotWrite(first.sitePath, ran.stderr);
  }

  async downloadMany(files: readonly FetchedFile[]): Promise<readonly (string | undefined)[]> {
    const [first] = files;
    if (first === undefined) return [];
    const unpacker = new FileUnpacker(files);
    try {
      const { stderr } = await streamScript(this.#channels, emitFiles(files), (chunk) =>
        unpacker.take(chunk),
      );
      const { isWhole, made } = await unpacker.end();
      if (!isWhole) throw cannotFetch(first.sitePath, `the stream was cut short ${stderr}`);
      return files.map((_, index) => made[index]);
    } finally {
      await unpacker.end();
    }
  }

  async download(sitePath: string, localPath: string, wanted?: string): Promise<string> {
    const file = shellQuote(sitePath);
    const script = `${digest}\nwc -c <${file} && digest ${file}`;
    const asked = await this.#ask(script, { timeoutMs: sendPatienceMs });
    const [size = '', sha256 = ''] = asked.bytes
      .toString()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (asked.code !== 0 || !/^[0-9a-f]{64}$/.test(sha256)) throw cannotFetch(sitePath, asked.stderr);
    if (wanted !== undefined && wanted !== sha256) return sha256;
    await mkdir(dirname(localPath), { recursive: true });
    const part = `${localPath}.part`;
    try {
      const made = await this.#receive(file, part, Number(size));
      if (made !== sha256) throw cannotFetch(sitePath, 'it arrived with another content');
      await rename(part, localPath);
      return made;
    } finally {
      await rm(part, { force: true });
    }
  }

  async #receive(file: string, part: string, size: number): Promise<string> {
    const hash = createHash('sha256');
    const handle = await open(part, 'w');
    let left = size;
    try {
      await streamScript(this.#channels, `cat <${file}`, async (chunk) => {
        const own = chunk.subarray(0, left);
        left -= own.length;
        hash.update(own);
        await handle.write(own);
      });
    } finally {
      await handle.close();
    }
    return hash.digest('hex');
  }

  close(): Promise<void> {
    return this.#channels.close();
  }
}

function toRan({ code, bytes, stderr }: Framed): Ran {
  return {
    code,
    bytes,
    get stdout() {
      return bytes.toString();
    },
    stderr,
  };
}

function cannotWrite(path: string, why: string): EspalierError {
  return new EspalierError('cannot-write', `cannot write \`${path}\`: ${why.trim()}`, {
    fault: 'site',
    hint: 'is there space left, and may you write there?',
  });
}

function cannotFetch(path: string, why: string): EspalierError {
  return new EspalierError('cannot-copy', `cannot fetch \`${path}\`: ${why.trim()}`, { fault: 'site' });
}
