import { type EngineReport, findDevices } from '../engines/index.ts';
import { UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { isSet } from './values.ts';
import type { Arguments } from './verb.ts';

/** Which engines can run on this machine, on what, and what the others want. */
export async function runDevices({ files, options }: Arguments, streams: Streams): Promise<void> {
  if (files.length > 0) throw new UsageError(`\`devices\` takes no file, and \`${files[0]}\` was given`);
  const engines = await findDevices();
  if (isSet(options, 'json')) streams.out(JSON.stringify({ engines }, undefined, 2));
  else for (const line of engines.flatMap(linesOf)) streams.out(line);
}

function linesOf({ engine, runs, devices, reason }: EngineReport): string[] {
  const lines = devices.map(({ name, driver, software, limits }) => {
    const figures = Object.entries(limits).map(([figure, value]) => `${figure} ${amount(value)}`);
    return `  ${name}${software ? ' (software)' : ''}${driver ? `, ${driver}` : ''}${figures.length > 0 ? `: ${figures.join(', ')}` : ''}`;
  });
  return [
    `${engine}: ${runs ? 'can run' : 'cannot run'}`,
    ...lines,
    ...(reason === undefined ? [] : [`  ${reason}`]),
  ];
}

function amount(value: number): string {
  if (value < 1024) return String(value);
  if (value < 2 ** 20) return `${Math.round(value / 1024)} KiB`;
  return value < 2 ** 30 ? `${Math.round(value / 2 ** 20)} MiB` : `${(value / 2 ** 30).toFixed(1)} GiB`;
}
