import { createHash } from 'node:crypto';
import { readYamlPartly, type YamlFile } from '../documents/index.ts';
import { accept, type Checked, type Problem, refuse, type Tool } from '../model/index.ts';
import { buildTool } from './build-tool.ts';
import { checkTool } from './check-tool.ts';
import { toolSchema } from './tool-schema.ts';

/** Text of a tool descriptor → a checked tool, or all that is wrong with it. `file` is for messages and `source`. */
export function parseTool(text: string, file: string): Checked<Tool> {
  const stead = { name: 'unnamed', version: '0', summary: 'none', outputs: {}, command: ['true'] };
  const read = readYamlPartly(text, file, toolSchema, stead);
  if (read.file === undefined) return refuse(...read.problems);
  const problems: Problem[] = [...read.problems];
  const tool = toolOf(text, file, read.file, problems);
  return problems.length > 0 ? refuse(...problems) : accept(tool);
}

function toolOf(
  text: string,
  file: string,
  yaml: YamlFile<ReturnType<typeof toolSchema.parse>>,
  problems: Problem[],
): Tool {
  const { value, places } = yaml;
  const { name, version, summary, licence, citation, homepage } = value;
  const parts = buildTool(value, places, [], problems);
  const tool: Tool = {
    name,
    version: String(version),
    summary,
    ...parts,
    cacheVersion: value['cache-version'] ?? 1,
    ...(licence === undefined ? {} : { licence }),
    ...(citation === undefined ? {} : { citation }),
    ...(homepage === undefined ? {} : { homepage }),
    sha256: createHash('sha256').update(text).digest('hex'),
    source: file,
  };
  problems.push(...checkTool(tool, places, []));
  return tool;
}
