import { evaluateValue, type Value } from '../../expressions/index.ts';
import {
  type Amounts,
  defaultResources,
  parseMemory,
  parseTime,
  type Resources,
  wishPattern,
} from '../../model/index.ts';
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
  const resources: { -readonly [name in keyof Resources]: Resources[name] } = { ...defaultResources };
  const faults: { about: string; fault: Fault }[] = [];
  for (const { name, value, author } of asked) {
    const result = typeof value === 'number' ? value : attempt(() => evaluateValue(value, scopes[author]));
    const wrong = typeof result === 'object' && !result.ok ? result : put(resources, name, givenOf(result));
    if (wrong !== undefined) faults.push({ about: `resource \`${name}\``, fault: wrong });
  }
  return { resources, faults };
}

function givenOf(result: number | { readonly value: Value }): Value {
  return typeof result === 'number' ? result : result.value;
}

/** Puts what was asked for; a fault when it is nothing of the kind. */
function put(
  resources: { -readonly [name in keyof Resources]: Resources[name] },
  name: CompiledResource['name'],
  given: Value,
): Fault | undefined {
  if (isAmount(name)) {
    const amount = amountOf[name](given);
    if (amount === undefined) return fault('bad-resource', `${JSON.stringify(given)} ${wanted[name]}`);
    resources[name] = amount;
    return undefined;
  }
  const text = String(given ?? '');
  if (text === '') return undefined; // a wish that came out empty is none
  if (!wishPattern.test(text))
    return fault('bad-resource', `${JSON.stringify(given)} is no name of a ${name}`);
  resources[name] = text;
  return undefined;
}

type AmountName = keyof Amounts | 'limit';

function isAmount(name: CompiledResource['name']): name is AmountName {
  return Object.hasOwn(amountOf, name);
}

const wanted: Readonly<Record<AmountName, string>> = {
  cpus: 'is not a whole number from 1',
  gpus: 'is not a whole number from 0',
  memory: 'is not an amount of memory such as `16 GB`',
  time: 'is not a length of time such as `90m` or `1:30:00`',
  scratch: 'is not an amount of space such as `16 GB`',
  limit: 'is not a whole number from 1',
};

const amountOf: Readonly<Record<AmountName, (given: Value) => number | undefined>> = {
  cpus: (given) => wholeNumber(given, 1),
  gpus: (given) => wholeNumber(given, 0),
  memory: (given) => quantity(given, parseMemory, 1),
  time: (given) => quantity(given, parseTime, 1),
  scratch: (given) => quantity(given, parseMemory, 0),
  limit: (given) => wholeNumber(given, 1),
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
