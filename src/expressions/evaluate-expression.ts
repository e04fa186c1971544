import { EspalierError, suggest } from '../model/index.ts';
import { dottedName, type Expression } from './expression.ts';
import { applyFilter } from './filters.ts';
import type { Meter } from './meter.ts';
import { applyOperator, asTruth } from './operators.ts';
import { isList, kindOf, type Scope, type Value } from './values.ts';

/** The value of an expression. Throws an EspalierError in words for people; never runs anything of the author's. */
export function evaluateExpression(expression: Expression, scope: Scope, meter: Meter): Value {
  meter.step();
  const value = (child: Expression): Value => evaluateExpression(child, scope, meter);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
    case 'lookup':
      return found(find(expression, scope, meter));
    case 'list':
      return expression.entries.map(value);
    case 'sign':
      return signed(value(expression.target), expression.negative);
    case 'not':
      return !asTruth(value(expression.target), '`not`');
    case 'logic':
      return logic(expression, value);
    case 'binary':
      return applyOperator(expression.operator, value(expression.left), value(expression.right), meter);
    case 'if':
      return asTruth(value(expression.condition), '`if`') ? value(expression.yes) : value(expression.no);
    case 'filter':
      return filtered(expression, scope, meter, value);
  }
}

type Found = { readonly value: Value } | { readonly missing: string; readonly among: readonly string[] };

/** Looks a name up by own properties only: what a prototype holds is not there. */
export function find(expression: Expression, scope: Scope, meter: Meter): Found {
  if (expression.kind === 'name') return property(scope, expression.name, '');
  if (expression.kind !== 'lookup') return { value: evaluateExpression(expression, scope, meter) };
  const target = find(expression.target, scope, meter);
  if ('missing' in target) return target;
  const key = evaluateExpression(expression.key, scope, meter);
  return property(target.value, key, dottedName(expression.target) ?? 'this value');
}

function property(holder: Value, key: Value, holderName: string): Found {
  const path = holderName === '' ? String(key) : `${holderName}.${String(key)}`;
  if (isList(holder)) return listEntry(holder, key, path);
  if (holder === null || typeof holder !== 'object') {
    throw new EspalierError(
      'no-members',
      `\`${holderName}\` is ${kindOf(holder)}: it has no \`${String(key)}\``,
    );
  }
  const value = typeof key === 'string' && Object.hasOwn(holder, key) ? holder[key] : undefined;
  return value === undefined ? { missing: path, among: Object.keys(holder) } : { value };
}

function listEntry(list: readonly Value[], key: Value, path: string): Found {
  const value = typeof key === 'number' && Number.isInteger(key) && key >= 0 ? list[key] : undefined;
  return value === undefined ? { missing: path, among: [`0 to ${list.length - 1}`] } : { value };
}

function found(result: Found): Value {
  if ('value' in result) return result.value;
  const near = suggest(result.missing.split('.').at(-1) ?? '', result.among);
  const there = result.among.length === 0 ? 'nothing' : result.among.slice(0, 30).join(', ');
  throw new EspalierError('unknown-name', `\`${result.missing}\` has no value`, {
    hint: `${near === undefined ? '' : `did you mean \`${near}\`? `}there are: ${there}`,
  });
}

function signed(value: Value, negative: boolean): Value {
  if (typeof value === 'number') return negative ? -value : value;
  throw new EspalierError('bad-operands', `a sign wants a number, not ${kindOf(value)}`);
}

function logic(expression: Expression & { kind: 'logic' }, value: (child: Expression) => Value): Value {
  const where = `\`${expression.operator}\``;
  const left = asTruth(value(expression.left), where);
  if (left === (expression.operator === 'or')) return left;
  return asTruth(value(expression.right), where);
}

function filtered(
  expression: Expression & { kind: 'filter' },
  scope: Scope,
  meter: Meter,
  value: (child: Expression) => Value,
): Value {
  const options = expression.options.map(value);
  const input = expression.input;
  const looksUp = input.kind === 'name' || input.kind === 'lookup';
  if (expression.name !== 'default' || !looksUp)
    return applyFilter(expression.name, value(input), options, meter);
  const result = find(input, scope, meter);
  return applyFilter('default', 'value' in result ? result.value : null, options, meter);
}
