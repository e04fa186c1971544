import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineOffer } from '../compiler/index.ts';
import type { Site } from '../model/index.ts';
import type { Settings } from './settings.ts';

/** Graphics drivers answer in a second or two; one that hangs is not to hold the plan. */
const timeoutMs = 60_000;

/**
 * What a site can compute with: as its profile says, and for this machine what the imaging program finds here. A device that
 * computes in software may be named, and is never chosen for `auto`.
 */
export async function offeredEngines(site: Site, settings: Pick<Settings, 'programs'>): Promise<EngineOffer> {
  if (site.batch !== 'local' || site.transport.kind !== 'local')
    return { named: site.engines, automatic: site.engines };
  const reports = await reportsOf(settings);
  const names = (which: (report: Report) => boolean): string[] =>
    reports.filter(which).map(({ engine }) => engine);
  return {
    named: [...new Set([...site.engines, ...names(({ runs, devices }) => runs || devices.length > 0)])],
    automatic: [...new Set([...site.engines, ...names(({ runs }) => runs)])],
    lacking: Object.fromEntries(
      reports.flatMap(({ engine, reason }) =>
        reason === undefined ? [] : [[engine, reason.replace(/\s+/g, ' ')]],
      ),
    ),
  };
}

interface Report {
  readonly engine: string;
  readonly runs: boolean;
  readonly devices: readonly unknown[];
  /** What it wants. */
  readonly reason?: string;
}

async function reportsOf({ programs }: Pick<Settings, 'programs'>): Promise<readonly Report[]> {
  const [program, ...words] = programs['espalier-imaging'] ?? [];
  if (program === undefined) return [];
  try {
    // Without what the tasks do not get either: an engine tried on NumPy by hand is none of this machine's.
    // Not by `env -u`, which takes a program whose path holds `=` for a variable.
    const asked = ['-c', 'unset ESPALIER_ARRAYS; exec "$@"', 'sh', program, ...words, 'devices', '--json'];
    const { stdout } = await promisify(execFile)('sh', asked, { timeout: timeoutMs });
    const told: unknown = JSON.parse(stdout);
    return typeof told === 'object' && told !== null && 'engines' in told && Array.isArray(told.engines)
      ? told.engines.filter(isReport)
      : [];
  } catch {
    // A machine whose drivers cannot be asked has its processor.
    return [];
  }
}

function isReport(value: unknown): value is Report {
  return (
    typeof value === 'object' &&
    value !== null &&
    'engine' in value &&
    typeof value.engine === 'string' &&
    'runs' in value &&
    typeof value.runs === 'boolean' &&
    'devices' in value &&
    Array.isArray(value.devices) &&
    (!('reason' in value) || typeof value.reason === 'string')
  );
}
