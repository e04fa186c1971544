import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Desk, ended, until } from './espalier.ts';
import { type Block, firstUnkept, readBlocks } from './pages.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const desk = new Desk();
const minutes = 60_000;

afterAll(() => desk.clear());

/** What the reader's aliases are: two words on the path. */
function install(): void {
  for (const name of ['espalier', 'espalier-imaging']) {
    desk.write({
      [`bin/${name}`]: `#!/bin/sh\nexec '${process.execPath}' '${checkout}/dist/bin/${name}.js' "$@"\n`,
    });
    chmodSync(join(desk.folder, 'bin', name), 0o755);
  }
}

/** In a process group of its own, as a terminal gives the command in front. */
function begin(script: string): ChildProcess {
  const env = {
    ...process.env,
    PATH: `${join(desk.folder, 'bin')}:${process.env.PATH}`,
    ESPALIER_HOME: join(desk.folder, 'home'),
    NO_COLOR: '1',
    checkout,
  };
  return spawn('sh', ['-ec', `exec 2>&1\n${script}`], {
    cwd: desk.folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface Status {
  readonly run: {
    readonly run: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly driver: { readonly pid: number } | null;
  };
}

async function latest(): Promise<Status['run']> {
  return (await desk.json<Status>('status')).run;
}

/** Waits until a run that is not `before` has begun a task, then does what the reader does in the middle of it. */
async function interrupt(
  script: string,
  act: (child: ChildProcess, run: Status['run']) => void,
): Promise<number> {
  const before = (await latest()).run;
  const child = begin(script);
  const output = ended(child);
  let now = await latest();
  await until('a task that runs', async () => {
    now = await latest();
    return now.run !== before && (now.counts.running ?? 0) + (now.counts.succeeded ?? 0) > 0;
  });
  act(child, now);
  const { code, stdout } = await output;
  printed = stdout;
  return code;
}

let printed = '';
/** A command that failed leaves nothing to go on with. */
let broken: string | undefined;

/** A file is trusted when it is some seconds old: a reader takes longer than that for the next command, this test does not. */
function age(folder: string): void {
  const then = Date.now() / 1000 - 60;
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), then, then);
}

async function follow({ mark, text }: Block): Promise<void> {
  if (mark === 'ctrl-c') {
    const code = await interrupt(text, (child) => process.kill(-(child.pid ?? 0), 'SIGINT'));
    expect(code, printed).not.toBe(0);
  } else if (mark === 'kill') {
    const code = await interrupt(text, (_, { driver }) => {
      if (driver === null) throw new Error('the run was over before it was to be ended');
      process.kill(driver.pid, 'SIGKILL');
    });
    expect(code, printed).not.toBe(0);
  } else {
    const { code, stdout } = await ended(begin(text));
    printed = stdout;
    expect(code, printed).toBe(Number(/^exits (\d+)$/.exec(mark)?.[1] ?? 0));
    const simulated = /^espalier-imaging simulate (\S+)/m.exec(text)?.[1];
    if (simulated !== undefined) age(join(desk.folder, simulated));
  }
}

describe('the tutorial works as written', () => {
  install();
  const blocks = readBlocks('tutorial.md').filter(({ language }) => language !== 'yaml');
  const pairs = blocks.flatMap((block, i) => {
    const next = blocks[i + 1];
    return block.language === 'sh' ? [{ block, promised: next?.language === 'text' ? next.text : '' }] : [];
  });

  it.each(
    pairs.filter(({ block }) => block.mark !== 'by-hand').map((pair) => ({ ...pair, line: pair.block.line })),
  )(
    'the commands at line $line do what the page says',
    async ({ block, promised }) => {
      expect(broken, 'an earlier command of the page failed').toBeUndefined();
      broken = `line ${block.line}`;
      const text = block.mark === 'demo' ? block.text.replace('npm ci && npx ', '') : block.text;
      await follow({ ...block, text });
      expect(firstUnkept(promised, printed), printed).toBeUndefined();
      broken = undefined;
    },
    10 * minutes,
  );
});

describe('the page’s promises are looked for', () => {
  it('and missed when they are not kept, or not in order', () => {
    expect(firstUnkept('a  … 4\nb', 'x\na 3  4\nb\n')).toBeUndefined();
    expect(firstUnkept('a … 4\nb', 'b\na 3 4\n')).toBe('b');
    expect(firstUnkept('a … 5', 'a 3 4')).toBe('a … 5');
    expect(firstUnkept('a.c', 'abc')).toBe('a.c');
  });
});
