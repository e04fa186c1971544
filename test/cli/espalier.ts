import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellQuote } from '../../src/templates/index.ts';
import { Sitter } from './sitter.ts';

const program = fileURLToPath(new URL('../../dist/bin/espalier.js', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own for a test: images, workflow, runs and espalier's home, and the real program run in it. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'espalier-desk-'));
  /** What its programs see beside the test's own surroundings. */
  env: Readonly<Record<string, string>> = {};
  /** Words before the program, as `faketime -f +10m`. */
  before: readonly string[] = [];

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Runs to the end. */
  async espalier(...words: readonly string[]): Promise<Ended> {
    return ended(this.begin(...words));
  }

  /** Begins and gives the process. */
  begin(...words: readonly string[]): ChildProcess {
    return this.start([...this.before, process.execPath, program, ...words], 'ignore');
  }

  /** Begins at a terminal of its own, with somebody in front of it. */
  sit(...words: readonly string[]): Sitter {
    const line = [process.execPath, program, ...words].map(shellQuote).join(' ');
    return new Sitter(
      this.start(['script', '--quiet', '--flush', '--return', '-c', line, '/dev/null'], 'pipe'),
    );
  }

  private start([first = '', ...rest]: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess {
    const env = { ...process.env, ESPALIER_HOME: join(this.folder, 'home'), NO_COLOR: '1', ...this.env };
    return spawn(first, rest, { cwd: this.folder, env, stdio: [stdin, 'pipe', 'pipe'] });
  }

  /** With `--output json`. */
  async json<T>(...words: readonly string[]): Promise<T> {
    const { stdout, stderr } = await this.espalier(...words, '--output', 'json');
    try {
      return JSON.parse(stdout);
    } catch {
      throw new Error(`no JSON came from \`${words.join(' ')}\`: ${stdout}${stderr}`);
    }
  }

  /** The run folders, the oldest first. */
  runs(): readonly string[] {
    return readdirSync(join(this.folder, 'espalier-runs')).sort();
  }

  /** How often a step's command ran: workflows of these tests append a line to a file as they work. */
  tally(name = 'tally'): readonly string[] {
    try {
      return this.read(name)
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  }

  /**
   * What a test has left running may write a last file meanwhile: then all is removed again. (`maxRetries` would try the folder alone
   * again, with the new file in it.)
   */
  clear(): void {
    for (let left = 100; ; left--) {
      try {
        rmSync(this.folder, { recursive: true, force: true });
        return;
      } catch (error) {
        if (left === 0) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      }
    }
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? (signal === null ? 1 : 255),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** Tells a run to stop, as Ctrl-C does, and waits until it has heard. */
export async function interrupt(child: ChildProcess): Promise<void> {
  let heard = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  child.kill('SIGINT');
  await until('an answer to Ctrl-C', () => heard.includes('Nothing new is begun'));
}

/** Waits until something holds, looking often; gives up with a word on what was awaited. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  forMs = 60_000,
): Promise<void> {
  const end = Date.now() + forMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
