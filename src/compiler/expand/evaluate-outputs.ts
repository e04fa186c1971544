import { evaluateText } from '../../expressions/index.ts';
import type { TaskOutput } from '../../model/index.ts';
import { attempt, type Fault, fault } from './attempt.ts';
import type { Scopes } from './build-scope.ts';
import { checkOutputName } from './check-output-name.ts';
import type { CompiledOutput } from './compile-step.ts';

export interface EvaluatedOutputs {
  /** Those whose names are good. */
  readonly outputs: readonly TaskOutput[];
  readonly faults: readonly { readonly about: string; readonly fault: Fault }[];
}

/** The names of a task's outputs, each a plain relative path. */
export function evaluateOutputs(compiled: readonly CompiledOutput[], scopes: Scopes): EvaluatedOutputs {
  const outputs: TaskOutput[] = [];
  const faults: { about: string; fault: Fault }[] = [];
  for (const { role, type, check, name: template, author } of compiled) {
    const name = attempt(() => evaluateText(template, scopes[author]));
    const wrong = name.ok ? badName(name.value) : name;
    if (wrong) faults.push({ about: `output \`${role}\``, fault: wrong });
    else if (name.ok) outputs.push({ role, type, check, name: name.value });
  }
  return { outputs, faults };
}

function badName(name: string): Fault | undefined {
  const wrong = checkOutputName(name);
  if (wrong === undefined) return undefined;
  const shown = name.length > 120 ? `${name.slice(0, 120)}…` : name;
  const hint = 'A name is a plain path below the results of its step, such as `cell1/deskewed.tif`';
  return fault('bad-output-name', `the name \`${shown}\` ${wrong}`, hint);
}
