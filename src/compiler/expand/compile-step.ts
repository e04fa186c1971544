import type { Template } from '../../expressions/index.ts';
import {
  type OutputCheck,
  type Place,
  type Problem,
  type ResourceTemplates,
  resourceNames,
  type Scalar,
  type Step,
  type Workflow,
} from '../../model/index.ts';
import { type CommandPattern, compileCommand } from './command-pattern.ts';
import { type ReadTemplate, readTemplate } from './read-template.ts';

/** A step whose templates are read once, for all its tasks. */
export interface CompiledStep {
  readonly step: Step;
  readonly inputs: readonly { readonly role: string; readonly many: boolean }[];
  readonly with: ReadonlyMap<string, CompiledWith>;
  readonly outputs: readonly CompiledOutput[];
  readonly command: CommandPattern;
  readonly checks: readonly CompiledCheck[];
  readonly resources: readonly CompiledResource[];
  readonly environment: readonly CompiledVariable[];
  /** Parameters of the workflow that some template of the step names. */
  readonly parameters: readonly string[];
}

/** What a step gives a parameter of its tool. */
export interface CompiledWith {
  readonly place: Place;
  readonly value: Scalar | Template;
  /** Set when the value is one parameter of the workflow, untouched: its value and origin are carried along. */
  readonly carries?: string;
}

/** Whose names a template may use: the tool's own parameters, or the workflow's. */
export type Author = 'tool' | 'step';

export interface CompiledOutput {
  readonly role: string;
  readonly type: 'file' | 'directory';
  readonly check: OutputCheck;
  readonly name: Template;
  readonly author: Author;
}

/** A command that looks at the outputs. */
export interface CompiledCheck {
  readonly pattern: CommandPattern;
  readonly author: Author;
}

export interface CompiledResource {
  readonly name: keyof ResourceTemplates;
  readonly value: number | Template;
  readonly author: Author;
}

export interface CompiledVariable {
  readonly name: string;
  readonly value: Template;
  readonly author: Author;
}

/** Reads the templates of a step; `problem` takes those that cannot be read. */
export function compileStep(
  workflow: Workflow,
  step: Step,
  problem: (problem: Problem) => void,
): CompiledStep {
  const read = (text: string, comments = true): Template => readTemplate(text, step, comments, problem);
  const compiled = {
    step,
    inputs: Object.entries(step.tool.inputs).map(([role, { many }]) => ({ role, many })),
    with: new Map(
      Object.entries(step.with).map(([name, given]) => [name, compileWith(workflow, given, read)]),
    ),
    outputs: compileOutputs(step, read),
    command: compileCommand(step.tool.command, read),
    checks: compileChecks(step, read),
    resources: [
      ...resourcesOf(step.tool.resources, 'tool', read),
      ...resourcesOf(step.resources, 'step', read),
    ],
    environment: compileEnvironment(step, read),
  };
  return { ...compiled, parameters: namedParameters(workflow, compiled) };
}

function compileChecks(step: Step, read: ReadTemplate): readonly CompiledCheck[] {
  const of = (words: Step['check'], author: Author): readonly CompiledCheck[] =>
    words === undefined ? [] : [{ pattern: compileCommand({ words }, read), author }];
  return [...of(step.tool.check, 'tool'), ...of(step.check, 'step')];
}

function compileWith(workflow: Workflow, given: Step['with'][string], read: ReadTemplate): CompiledWith {
  const { value, place } = given;
  if (typeof value !== 'string') return { place, value };
  const template = read(value);
  const name = soleName(template);
  return name !== undefined && Object.hasOwn(workflow.parameters, name)
    ? { place, value: template, carries: name }
    : { place, value: template };
}

/** The name, where the whole text is one `{{ name }}`. */
function soleName(template: Template): string | undefined {
  const [only, second] = template.parts;
  return only === undefined || second !== undefined || 'literal' in only ? undefined : only.name;
}

function compileOutputs(step: Step, read: ReadTemplate): readonly CompiledOutput[] {
  return Object.entries(step.tool.outputs).map(([role, output]) => {
    const own = Object.hasOwn(step.outputNames, role) ? step.outputNames[role] : undefined;
    const { type, check } = output;
    return own === undefined
      ? { role, type, check, name: read(output.name), author: 'tool' }
      : { role, type, check, name: read(own), author: 'step' };
  });
}

function resourcesOf(
  templates: Readonly<Partial<ResourceTemplates>>,
  author: Author,
  read: ReadTemplate,
): readonly CompiledResource[] {
  return resourceNames.flatMap((name) => {
    const value = templates[name];
    if (value === undefined) return [];
    return [{ name, author, value: typeof value === 'number' ? value : read(value) }];
  });
}

function compileEnvironment(step: Step, read: ReadTemplate): readonly CompiledVariable[] {
  const merged = new Map<string, CompiledVariable>();
  for (const [name, text] of Object.entries(step.tool.environment)) {
    merged.set(name, { name, value: read(text), author: 'tool' });
  }
  for (const [name, text] of Object.entries(step.environment)) {
    merged.set(name, { name, value: read(text), author: 'step' });
  }
  return [...merged.values()];
}

/** In what a tool's author wrote, a name of the tool's own parameters is never the workflow's. */
function namedParameters(workflow: Workflow, compiled: Omit<CompiledStep, 'parameters'>): readonly string[] {
  const { parameters } = compiled.step.tool;
  const written = [
    ...compiled.outputs.map(({ name, author }) => ({ value: name, author })),
    ...compiled.resources,
    ...compiled.environment,
  ];
  const named = [
    ...[...compiled.with.values()].flatMap(({ value }) => rootsOf(value)),
    ...written.flatMap(({ value, author }) =>
      rootsOf(value).filter((name) => author === 'step' || !Object.hasOwn(parameters, name)),
    ),
    ...compiled.command.templates.flatMap(rootsOf).filter((name) => !Object.hasOwn(parameters, name)),
    ...compiled.checks.flatMap(({ pattern, author }) =>
      pattern.templates
        .flatMap(rootsOf)
        .filter((name) => author === 'step' || !Object.hasOwn(parameters, name)),
    ),
  ];
  return [...new Set(named)].filter((name) => Object.hasOwn(workflow.parameters, name));
}

function rootsOf(text: Scalar | Template): readonly string[] {
  return typeof text === 'object' ? text.names.map((name) => name.split('.', 1)[0] ?? name) : [];
}
