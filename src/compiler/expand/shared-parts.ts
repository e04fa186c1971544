import type { Command } from '../../model/index.ts';
import { type Alike, alike, namesResults, type Written } from './alike.ts';
import type { Attempt } from './attempt.ts';
import type { CommandPattern } from './command-pattern.ts';
import type { Author, CompiledStep } from './compile-step.ts';
import { fixedVariables, hasOwnVariables } from './evaluate-environment.ts';
import type { EvaluatedResources } from './evaluate-resources.ts';
import type { Values } from './resolve-values.ts';

/** What the tasks of a step may share; made once for all of them. */
export interface SharedParts {
  /** Variables that are the same for every task. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly hasOwnVariables: boolean;
  /** Roles that take many inputs. */
  readonly manyRoles: readonly string[];
  readonly values: (values: Values) => Values;
  readonly resources: Alike<EvaluatedResources>;
  readonly command: SharedCommand;
  readonly checks: readonly SharedCommand[];
}

export interface SharedCommand {
  readonly pattern: CommandPattern;
  readonly author: Author;
  /** It needs the resources or the names of outputs for more than a reference. */
  readonly namesResults: boolean;
  readonly alike: Alike<Attempt<Command>>;
}

export function sharedParts(compiled: CompiledStep): SharedParts {
  const resources = compiled.resources.flatMap(({ value, author }) =>
    typeof value === 'number' ? [] : [{ template: value, author }],
  );
  return {
    fixed: fixedVariables(compiled.environment),
    hasOwnVariables: hasOwnVariables(compiled.environment),
    manyRoles: Object.entries(compiled.step.tool.inputs).flatMap(([role, { many }]) => (many ? [role] : [])),
    values: sameValues(),
    resources: alike(resources),
    command: sharedCommand(compiled.command, 'tool'),
    checks: compiled.checks.map(({ pattern, author }) => sharedCommand(pattern, author)),
  };
}

function sharedCommand(pattern: CommandPattern, author: Author): SharedCommand {
  const written: Written = pattern.templates.map((template) => ({ template, author }));
  const paths = { paths: true };
  return { pattern, author, namesResults: namesResults(written, paths), alike: alike(written, paths) };
}

/** Equal values are one object, however many tasks have them. */
function sameValues(): (values: Values) => Values {
  const known = new Map<string, Values>();
  return (values) => {
    const text = JSON.stringify(values);
    const before = known.get(text);
    if (before !== undefined) return before;
    known.set(text, values);
    return values;
  };
}
