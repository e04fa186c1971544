import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../engine.ts';

/** What is asked of the Python program; its answer is one line too. */
export interface Request {
  readonly work: 'deconvolve' | 'shear' | 'resample' | 'rings' | 'project';
  readonly how: object;
  readonly inputs: Readonly<Record<string, SamplesFile>>;
  /** The file that the result's samples go to. */
  readonly result: string;
}

/** Raw samples in a file, little-endian, in (z, y, x) order. */
export interface SamplesFile {
  readonly file: string;
  readonly dtype: 'float32' | 'float64' | 'int32';
  readonly shape: readonly number[];
}

export interface ChildOptions {
  /** The Python to run. */
  readonly python: string;
  readonly arrays: string;
  readonly device?: string;
  readonly deviceMemory?: number;
}

/** The Python program, running. */
export interface Child {
  readonly facts: Readonly<Record<string, unknown>>;
  /** One request at a time. @throws EngineError, or RangeError for what the CPU program refuses too */
  ask(request: Request): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** The package lies beside this file, in the sources and in what is built from them. */
const packageFolder = dirname(fileURLToPath(import.meta.url));

/**
 * Starts the Python program and waits for what it says of itself.
 * @throws EngineError with its words where Python, a package, a driver or a device is missing
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  if (!existsSync(`${packageFolder}/espalier_arrays`))
    throw new EngineError(`\`${packageFolder}/espalier_arrays\` is not there: run \`npm run build\``);
  const process = spawnPython(options);
  const [requests, answers] = [process.stdio[3] as Writable, process.stdio[4] as Readable];
  const lines = createInterface({ input: answers });
  const told = collectErrors(process);
  const next = answersOf(process, lines, told, options);
  const first = await next();
  if (typeof first.missing === 'string') {
    await ended(process);
    throw new EngineError(`the engine cupy cannot run here: ${first.missing}`, { missing: true });
  }
  // A pipe whose reader died tells so by the missing answer.
  requests.on('error', () => {});
  return {
    facts: isRecord(first.facts) ? first.facts : {},
    ask: async (request) => {
      requests.write(`${JSON.stringify(request)}\n`);
      return checked(await next());
    },
    close: async () => {
      requests.end();
      await ended(process);
    },
  };
}

function spawnPython({ python, arrays, device, deviceMemory }: ChildOptions): ChildProcess {
  const words = ['-m', 'espalier_arrays', arrays];
  if (device !== undefined) words.push('--device', device);
  if (deviceMemory !== undefined) words.push('--memory', String(Math.floor(deviceMemory)));
  const path = [packageFolder, process.env.PYTHONPATH].filter(Boolean).join(':');
  return spawn(python, words, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** The last lines of what the program and its libraries said on stderr. */
function collectErrors(process: ChildProcess): () => string {
  let text = '';
  process.stderr?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-2000);
  });
  return () => text.trim().split('\n').slice(-5).join('\n');
}

type Answer = Readonly<Record<string, unknown>>;

/** Gives the next line, or says how the program ended instead. */
function answersOf(
  process: ChildProcess,
  lines: Interface,
  told: () => string,
  { python }: ChildOptions,
): () => Promise<Answer> {
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  const early: Answer[] = [];
  let over: Error | undefined;
  lines.on('line', (line) => {
    const parsed: unknown = JSON.parse(line);
    const answer = isRecord(parsed) ? parsed : {};
    const reader = waiting.shift();
    if (reader === undefined) early.push(answer);
    else reader.resolve(answer);
  });
  const finish = (error: Error): void => {
    over ??= error;
    for (const { reject } of waiting.splice(0)) reject(over);
  };
  process.on('error', (error) => {
    finish(
      new EngineError(`the engine cupy needs Python 3, and \`${python}\` did not start: ${error.message}`, {
        missing: true,
      }),
    );
  });
  process.on('close', (code, signal) => {
    const end = signal === null ? `with exit code ${code}` : `by ${signal}`;
    finish(new EngineError(`the Python program of the engine cupy ended ${end}: ${told()}`, { lost: true }));
  });
  return () =>
    new Promise((resolve, reject) => {
      const ready = early.shift();
      if (ready !== undefined) resolve(ready);
      else if (over !== undefined) reject(over);
      else waiting.push({ resolve, reject });
    });
}

function checked(answer: Answer): Answer {
  if (typeof answer.refused === 'string') throw new RangeError(answer.refused);
  if (typeof answer.memory === 'string')
    throw new EngineError(
      `the memory of the device is not enough: ${answer.memory}; crop the stack, use \`--padding circular\`, or a larger GPU`,
    );
  if (typeof answer.failed === 'string')
    throw new EngineError(`the engine cupy failed: ${answer.failed}`, { lost: answer.lost === true });
  return answer;
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'close');
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
