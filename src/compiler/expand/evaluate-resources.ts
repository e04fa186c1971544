import { evaluateValue, type Value } from '../../expressions/index.ts';
import { defaultResources, parseMemory, parseTime, type Resources } from '../../model/index.ts';
import { attempt, type Fault, fault } from './attempt.ts';
import type { Scopes } from './build-scope.ts';
import type { CompiledResource } from './compile-step.ts';

export interface EvaluatedResources {
  /** With the default where a resource is not asked for, or could not be worked out. */
  readonly resources: Resources;
  readonly faults: readonly { readonly about: string; readonly fault: Fault }[];
}

/** What a task asks for: the step's word over the tool's, over the defaults. */
export function evaluateResources(asked: readonly CompiledResource[], scopes: Scopes): EvaluatedResources {
  const resources: Record<keyof Resources, number> = { ...defaultResources };
  const faults: { about: string; fault: Fault }[] = [];
  for (const resource of asked) {
    const amount = evaluateResource(resource, scopes);
    if (typeof amount === 'number') resources[resource.name] = amount;
    else faults.push({ about: `resource \`${resource.name}\``, fault: amount });
  }
  return { resources, faults };
}

function evaluateResource({ name, value, author }: CompiledResource, scopes: Scopes): number | Fault {
  const result = typeof value === 'number' ? value : attempt(() => evaluateValue(value, scopes[author]));
  if (typeof result === 'object' && !result.ok) return result;
  const given = typeof result === 'number' ? result : result.value;
  return amountOf[name](given) ?? fault('bad-resource', `${JSON.stringify(given)} ${wanted[name]}`);
}

const wanted: Readonly<Record<keyof Resources, string>> = {
  cpus: 'is not a whole number from 1',
  gpus: 'is not a whole number from 0',
  memory: 'is not an amount of memory such as `16 GB`',
  time: 'is not a length of time such as `90m` or `1:30:00`',
  scratch: 'is not an amount of space such as `16 GB`',
};

const amountOf: Readonly<Record<keyof Resources, (given: Value) => number | undefined>> = {
  cpus: (given) => wholeNumber(given, 1),
  gpus: (given) => wholeNumber(given, 0),
  memory: (given) => quantity(given, parseMemory, 1),
  time: (given) => quantity(given, parseTime, 1),
  scratch: (given) => quantity(given, parseMemory, 0),
};

function wholeNumber(given: Value, least: number): number | undefined {
  const number = typeof given === 'string' && /^\s*\d+\s*$/.test(given) ? Number(given) : given;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= least ? number : undefined;
}

function quantity(
  given: Value,
  parse: (text: string | number) => number | undefined,
  least: number,
): number | undefined {
  const amount = typeof given === 'string' || typeof given === 'number' ? parse(given) : undefined;
  return amount !== undefined && Number.isSafeInteger(amount) && amount >= least ? amount : undefined;
}
