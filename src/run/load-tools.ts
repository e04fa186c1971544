import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accept, type Checked, type Problem, refuse, type Tool } from '../model/index.ts';
import { parseTool } from '../tools/index.ts';

export interface LoadedTools {
  /** By name. The earliest folder that has a name wins. */
  readonly tools: Readonly<Record<string, Tool>>;
  /** Descriptors that could not be read, by file; they matter only to those who use them. */
  readonly problems: readonly Problem[];
}

/**
 * Every descriptor (`*.yaml`, `*.yml`) in these folders; a folder that is not there holds none. With a text, only those whose name
 * may stand in it: reading one in full takes longer than reading the workflow that wants another.
 */
export async function loadTools(folders: readonly string[], namedIn?: string): Promise<LoadedTools> {
  const tools: Record<string, Tool> = {};
  const problems: Problem[] = [];
  for (const folder of folders) {
    for (const file of await descriptorFiles(folder)) {
      const text = await readFile(file, 'utf8');
      if (namedIn !== undefined && !mayStandIn(namedIn, text)) continue;
      const parsed = parseTool(text, file);
      if (!parsed.ok) problems.push(...parsed.problems);
      else if (!Object.hasOwn(tools, parsed.value.name)) tools[parsed.value.name] = parsed.value;
    }
  }
  return { tools, problems };
}

/** True also where the name is written in a way that only a parser understands. */
function mayStandIn(text: string, descriptor: string): boolean {
  const lines = descriptor.match(/^name:.*$/gm) ?? [];
  const name = /^name: *([A-Za-z][A-Za-z0-9_-]*) *$/.exec(lines[0] ?? '')?.[1];
  return lines.length !== 1 || name === undefined || text.includes(name);
}

async function descriptorFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** One descriptor, checked by itself. */
export async function checkToolFile(file: string): Promise<Checked<Tool>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return refuse({ code: 'no-file', message: `there is no file \`${file}\`` });
  const parsed = parseTool(text, file);
  return parsed.ok ? accept(parsed.value, parsed.warnings) : parsed;
}
