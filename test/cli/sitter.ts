import { type ChildProcess, spawnSync } from 'node:child_process';

/** Empty where a program can be given a terminal of its own (by `script` of util-linux); else why not. */
export const noTerminal = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)
  ? ''
  : ' (skipped: there is no `script` of util-linux)';

/** Who sits at the terminal of a program: reads what it says, and types. */
export class Sitter {
  readonly #child: ChildProcess;
  /** All that the terminal has shown. */
  shown = '';
  #read = 0;
  readonly ended: Promise<number>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString();
    });
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 255));
    });
  }

  /** Reads on until this is said; gives up after a minute, or when the program has ended. */
  async sees(text: string): Promise<void> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    const end = Date.now() + 60_000;
    for (;;) {
      const last = isOver || Date.now() > end;
      const at = this.shown.indexOf(text, this.#read);
      if (at >= 0) {
        this.#read = at + text.length;
        return;
      }
      if (last) throw new Error(`waited in vain for \`${text}\` in: ${this.shown}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A line, and the key for its end. */
  types(line: string): void {
    this.#child.stdin?.write(`${line}\r`);
  }

  presses(key: string): void {
    this.#child.stdin?.write(key);
  }
}
