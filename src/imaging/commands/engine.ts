import type { Options } from 'yargs';
import type { Engine } from '../engines/index.ts';
import { engineNames, openEngine } from '../engines/index.ts';
import { UsageError } from './problem.ts';
import { memoryOf, threadsOf } from './resources.ts';
import type { Streams } from './streams.ts';
import { choiceOf, textOf } from './values.ts';
import type { Arguments } from './verb.ts';

const text = (describe: string): Options => ({ describe, type: 'string', requiresArg: true });

/** The options of every verb that computes on an engine. */
export const engineOptions = {
  engine: text(
    `What computes: ${engineNames.join(', ')} (default cpu); \`devices\` shows which can run here`,
  ),
  device: text('Part of the name of the device to compute on; a software one is used only when it is named'),
  'device-memory': text(
    'Use no more memory of the device, such as 4GB; what needs more is cut into tiles where it can be, or refused',
  ),
} as const;

/**
 * Opens the engine asked for, runs the work and closes it whatever happens.
 * @param work is also given what the notes of its files say of the engine: nothing of `cpu`, which every file had
 */
export async function withEngine<T>(
  options: Arguments['options'],
  streams: Streams,
  work: (engine: Engine, notes: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const device = textOf(options, 'device');
  const deviceMemory = memoryOf(options, 'device-memory');
  const name = choiceOf(options, 'engine', engineNames) ?? 'cpu';
  if (name === 'cpu')
    for (const option of ['device', 'device-memory'])
      if (textOf(options, option) !== undefined)
        throw new UsageError(
          `--${option} says nothing to the engine cpu: leave it out, or name another --engine`,
        );
  const how = {
    threads: threadsOf(options),
    ...(device !== undefined && { device }),
    ...(deviceMemory !== undefined && { deviceMemory }),
  };
  const engine = await (shared === undefined ? openEngine(name, how) : shared(name, how));
  try {
    const told = tell(engine);
    if (told !== undefined) streams.err(`engine: ${told}`);
    return await work(engine, told === undefined ? {} : { engine: told });
  } finally {
    if (shared === undefined) await engine.close();
  }
}

/** How engines are opened while several commands share them. */
let shared: typeof openEngine | undefined;

/**
 * Runs work whose commands share engines, each opened once and closed at the end. Their calls follow one another, while
 * `lanes` commands read and write beside them; each command is told of the memory of all.
 */
export async function shareEngines(lanes: number, work: () => Promise<void>): Promise<void> {
  const opened = new Map<string, Promise<Engine>>();
  shared = (name, how) => {
    const key = JSON.stringify([name, how]);
    const engine = opened.get(key) ?? openEngine(name, how).then((each) => inTurn(each, lanes));
    opened.set(key, engine);
    return engine;
  };
  try {
    await work();
  } finally {
    shared = undefined;
    for (const engine of await Promise.allSettled(opened.values()))
      if (engine.status === 'fulfilled') await engine.value.close();
  }
}

/** The same engine for several at a time: a call begins when the one before it has ended. */
function inTurn(engine: Engine, lanes: number): Engine {
  let last: Promise<unknown> = Promise.resolve();
  const turn = <T>(call: () => Promise<T>): Promise<T> => {
    const mine = last.then(call, call);
    last = mine;
    return mine;
  };
  return {
    description: engine.description,
    memoryFor: (work) => {
      const need = engine.memoryFor(work);
      return { ...need, host: lanes * need.host };
    },
    deskew: (...given) => turn(() => engine.deskew(...given)),
    resample: (...given) => turn(() => engine.resample(...given)),
    radialOtf: (...given) => turn(() => engine.radialOtf(...given)),
    deconvolve: (...given) => turn(() => engine.deconvolve(...given)),
    project: (...given) => turn(() => engine.project(...given)),
    close: () => engine.close(),
  };
}

function tell({ description: { engine, device, driver } }: Engine): string | undefined {
  if (engine === 'cpu') return undefined;
  return `${engine} on ${device}${driver === undefined ? '' : ` (${driver})`}`;
}
