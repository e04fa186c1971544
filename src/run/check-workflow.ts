import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseWorkflow } from '../compiler/index.ts';
import { type Checked, refuse, type Workflow } from '../model/index.ts';
import { loadTools } from './load-tools.ts';
import type { Settings } from './settings.ts';

/** Reads and checks a workflow file; nothing of it runs and no image is looked at. All problems come together. */
export async function checkWorkflow(
  file: string,
  settings: Pick<Settings, 'toolFolders'>,
): Promise<Checked<Workflow>> {
  const path = resolve(file);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') return refuse(unreadable(file, text));
  const folders = [join(dirname(path), 'tools'), ...settings.toolFolders];
  const named = await loadTools(folders, text);
  const quick = parseWorkflow(text, path, named.tools);
  if (quick.ok) return quick;
  // What is wrong may be told by the names of all tools there are.
  const { tools, problems } = await loadTools(folders);
  const parsed = parseWorkflow(text, path, tools);
  return parsed.ok || problems.length === 0 ? parsed : refuse(...parsed.problems, ...problems);
}

function unreadable(file: string, error: NodeJS.ErrnoException) {
  if (error.code === 'ENOENT') {
    return {
      code: 'no-file',
      message: `there is no file \`${file}\``,
      hint: 'give the path of a workflow file (YAML)',
    };
  }
  if (error.code === 'EISDIR')
    return { code: 'no-file', message: `\`${file}\` is a folder, not a workflow file` };
  return { code: 'no-file', message: `\`${file}\` cannot be read: ${error.message}` };
}
