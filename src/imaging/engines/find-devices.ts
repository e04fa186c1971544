import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Engine, EngineError, type EngineName } from './engine.ts';
import { openEngine } from './open-engine.ts';

/** What an engine finds on this machine. */
export interface EngineReport {
  readonly engine: EngineName;
  /** It can run here without a device being named. */
  readonly runs: boolean;
  readonly devices: readonly DeviceReport[];
  /** Why it cannot run, and what to do. */
  readonly reason?: string;
}

export interface DeviceReport {
  readonly name: string;
  readonly driver?: string;
  /** Computes on the processor: used only when it is named. */
  readonly software?: boolean;
  /** Figures that the driver gives, in bytes unless their name says otherwise. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Asks every engine. A driver may end the process that loads it, so the graphics drivers are asked in another one. */
export async function findDevices(): Promise<readonly EngineReport[]> {
  return [cpuReport(), await webgpuReport(), await openedReport('cupy')];
}

function cpuReport(): EngineReport {
  const name = cpus()[0]?.model.trim() || 'processor';
  const limits = { threads: availableParallelism(), memory: totalmem() };
  return { engine: 'cpu', runs: true, devices: [{ name, limits }] };
}

async function openedReport(engine: 'cupy'): Promise<EngineReport> {
  let opened: Engine | undefined;
  try {
    opened = await openEngine(engine, { threads: 1 });
    const { device: name, driver, memory } = opened.description;
    const limits: Record<string, number> = memory === undefined ? {} : { memory };
    return { engine, runs: true, devices: [{ name, ...(driver !== undefined && { driver }), limits }] };
  } catch (error) {
    if (error instanceof EngineError) return { engine, runs: false, devices: [], reason: error.message };
    throw error;
  } finally {
    await opened?.close();
  }
}

/** What the other process sends: its devices, or why there are none. */
export type Probed =
  | { readonly devices: readonly DeviceReport[]; readonly reason?: string }
  | { readonly devices?: never; readonly reason: string };

function webgpuReport(): Promise<EngineReport> {
  return new Promise((resolve) => {
    const child = fork(probe(), [], { silent: true });
    let [answer, said]: [Probed | undefined, string] = [undefined, ''];
    child.stderr?.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-2000);
    });
    child.on('message', (message: Probed) => {
      answer = message;
    });
    child.on('close', (code, signal) => {
      const ended = `the graphics driver ended the program that asked it (${signal ?? `exit code ${code}`}): ${said.trim()}`;
      const { devices = [], reason } = answer ?? { reason: ended };
      const runs = devices.some(({ software }) => software !== true);
      resolve({ engine: 'webgpu', runs, devices, ...(reason !== undefined && { reason }) });
    });
  });
}

/** Runs compiled: Node 20 cannot load TypeScript. */
function probe(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  const relative = fromSource ? '../../../dist/src/imaging/engines/webgpu/probe.js' : './webgpu/probe.js';
  const path = fileURLToPath(new URL(relative, import.meta.url));
  if (!existsSync(path)) throw new Error(`the compiled \`${path}\` is not there: run \`npm run build\``);
  return path;
}
