import { createHash } from 'node:crypto';
import { readYamlPartly, type YamlFile } from '../documents/index.ts';
import { accept, type Checked, type Engine, type Problem, refuse, type Tool } from '../model/index.ts';
import { buildBatch, buildEngines, buildTool, engineParameter } from './build-tool.ts';
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
  const engines = value.engines === undefined ? undefined : buildEngines(value.engines);
  const tool: Tool = {
    name,
    version: String(version),
    summary,
    ...parts,
    ...(value.batch === undefined ? {} : { batch: buildBatch(value.batch) }),
    ...(engines === undefined ? {} : withEngines(engines, parts.parameters)),
    cacheVersion: value['cache-version'] ?? 1,
    ...(licence === undefined ? {} : { licence }),
    ...(citation === undefined ? {} : { citation }),
    ...(homepage === undefined ? {} : { homepage }),
    sha256: createHash('sha256').update(text).digest('hex'),
    source: file,
  };
  if (engines !== undefined && value.parameters?.engine !== undefined) {
    const message = 'the parameter `engine` is made by `engines`';
    problems.push({
      code: 'name-twice',
      message,
      hint: 'take it out',
      place: places.key(['parameters', 'engine']),
    });
  }
  problems.push(...checkTool(tool, places, []));
  return tool;
}

function withEngines(
  engines: Readonly<Record<string, Engine>>,
  parameters: Tool['parameters'],
): Pick<Tool, 'engines' | 'parameters'> {
  return { engines, parameters: { engine: engineParameter(Object.keys(engines)), ...parameters } };
}
