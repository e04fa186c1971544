import type { Options } from 'yargs';
import type { Engine } from '../engines/index.ts';
import { engineNames, openEngine } from '../engines/index.ts';
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
  'device-memory': text('Refuse to start when more memory of the device is needed, such as 4GB'),
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
  const engine = await openEngine(choiceOf(options, 'engine', engineNames) ?? 'cpu', {
    threads: threadsOf(options),
    ...(device !== undefined && { device }),
    ...(deviceMemory !== undefined && { deviceMemory }),
  });
  try {
    const told = tell(engine);
    if (told !== undefined) streams.err(`engine: ${told}`);
    return await work(engine, told === undefined ? {} : { engine: told });
  } finally {
    await engine.close();
  }
}

function tell({ description: { engine, device, driver } }: Engine): string | undefined {
  if (engine === 'cpu') return undefined;
  return `${engine} on ${device}${driver === undefined ? '' : ` (${driver})`}`;
}
