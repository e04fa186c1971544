import {
  accept,
  type Checked,
  type Parameter,
  type Problem,
  refuse,
  type Scalar,
  suggest,
  type Workflow,
} from '../../model/index.ts';
import { parseParameterValue } from '../../tools/index.ts';

/** Values from the command line, read: by `NAME` for a workflow's parameter, by `STEP.NAME` for one of a step's tool. */
export type Settings = ReadonlyMap<string, Setting>;

interface Setting {
  readonly value: Scalar;
  /** As it was written: `--set angle=35`. */
  readonly source: string;
}

/** Every parameter that the command line can set, by the name it is set by. */
function settable(workflow: Workflow): ReadonlyMap<string, Parameter> {
  return new Map([
    ...Object.entries(workflow.parameters),
    ...workflow.steps.flatMap((step) =>
      Object.entries(step.tool.parameters).map(([name, parameter]): [string, Parameter] => [
        `${step.name}.${name}`,
        parameter,
      ]),
    ),
  ]);
}

export function readSettings(workflow: Workflow, set: Readonly<Record<string, string>>): Checked<Settings> {
  const known = settable(workflow);
  const settings = new Map<string, Setting>();
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(set)) {
    const parameter = known.get(name);
    const read = parameter && parseParameterValue(parameter, text);
    if (read === undefined) problems.push(unknownSetting(name, [...known.keys()]));
    else if (!read.ok) problems.push(badSetting(name, read));
    else settings.set(name, { value: read.value, source: `--set ${name}=${text}` });
  }
  return problems.length === 0 ? accept(settings) : refuse(...problems);
}

function badSetting(
  name: string,
  { message, hint }: { readonly message: string; readonly hint?: string },
): Problem {
  const problem = { code: 'bad-value', message: `--set ${name}: ${message}` };
  return hint === undefined ? problem : { ...problem, hint };
}

function unknownSetting(name: string, known: readonly string[]): Problem {
  const near = suggest(name, known);
  const all = known.length === 0 ? 'This workflow has no parameters' : `There are: ${known.join(', ')}`;
  return {
    code: 'unknown-parameter',
    message: `\`--set ${name}\` names no parameter of this workflow`,
    hint: near === undefined ? all : `Did you mean \`${near}\`? ${all}`,
  };
}

/** Names given to be acknowledged that nothing goes by: a slip that would let a contradiction stand unseen. */
export function unknownAcknowledgements(workflow: Workflow, names: readonly string[]): readonly Problem[] {
  const parameters = [...settable(workflow)];
  const known = new Set(
    parameters.flatMap(([name, parameter]) => [
      name,
      name.slice(name.indexOf('.') + 1),
      ...(parameter.from === undefined ? [] : [parameter.from]),
    ]),
  );
  return names
    .filter((name) => !known.has(name))
    .map((name) => {
      const near = suggest(name, known);
      return {
        code: 'unknown-acknowledgement',
        message: `\`--acknowledge ${name}\` names no parameter of this workflow`,
        hint: near === undefined ? `There are: ${[...known].join(', ')}` : `Did you mean \`${near}\`?`,
      };
    });
}
