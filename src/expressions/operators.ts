import { EspalierError } from '../model/index.ts';
import type { BinaryOperator } from './expression.ts';
import type { Meter } from './meter.ts';
import { isList, kindOf, type Value, valueToText } from './values.ts';

/**
 * Operators are stricter than nunjucks': nothing is converted in silence, because `'2' + 1` or `channel == '0'`
 * in a workflow is a slip, and a wrong answer would end in a file name.
 */
export function applyOperator(operator: BinaryOperator, left: Value, right: Value, meter: Meter): Value {
  switch (operator) {
    case '~':
      return concatenate(valueToText(left, '~'), valueToText(right, '~'), meter);
    case '+':
      if (typeof left === 'string' && typeof right === 'string') return concatenate(left, right, meter);
      return calculate(operator, left, right);
    case '-':
    case '*':
    case '/':
    case '//':
    case '%':
    case '**':
      return calculate(operator, left, right);
    case '==':
      return isEqual(left, right, operator);
    case '!=':
      return !isEqual(left, right, operator);
    case 'in':
      return isIn(left, right, meter);
    default:
      return isOrdered(operator, left, right);
  }
}

export function asTruth(value: Value, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new EspalierError('not-a-truth', `${where} wants true or false, not ${kindOf(value)}`, {
    hint: 'write a comparison, e.g. `n > 0`',
  });
}

function concatenate(left: string, right: string, meter: Meter): string {
  meter.characters(left.length + right.length);
  return left + right;
}

function calculate(operator: BinaryOperator, left: Value, right: Value): number {
  if (typeof left !== 'number' || typeof right !== 'number') {
    const hint =
      operator === '+' ? 'join texts with `~`' : 'turn a text into a number with `| int` or `| float`';
    throw new EspalierError(
      'bad-operands',
      `\`${operator}\` wants two numbers, not ${kindOf(left)} and ${kindOf(right)}`,
      { hint },
    );
  }
  const result = number(operator, left, right);
  if (Number.isFinite(result)) return result;
  throw new EspalierError('not-a-number', `\`${left} ${operator} ${right}\` is no finite number`);
}

function number(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return Math.floor(left / right);
    case '%':
      return left % right;
    case '**':
      return left ** right;
    default:
      return Number.NaN;
  }
}

function isEqual(left: Value, right: Value, operator: BinaryOperator): boolean {
  const plain = (value: Value): boolean => value === null || typeof value !== 'object';
  const comparable =
    plain(left) && plain(right) && (left === null || right === null || typeof left === typeof right);
  if (comparable) return left === right;
  throw new EspalierError('bad-operands', `\`${operator}\` compares ${kindOf(left)} with ${kindOf(right)}`, {
    hint: 'both sides must be of one kind; quotes make a text',
  });
}

function isIn(wanted: Value, where: Value, meter: Meter): boolean {
  if (isList(where)) {
    meter.step(where.length);
    return where.includes(wanted);
  }
  if (typeof where === 'string' && typeof wanted === 'string') {
    meter.step(where.length * Math.max(1, wanted.length));
    return where.includes(wanted);
  }
  throw new EspalierError('bad-operands', `\`in\` looks for ${kindOf(wanted)} in ${kindOf(where)}`, {
    hint: 'look for a value in a list, or for a text in a text',
  });
}

function isOrdered(operator: BinaryOperator, left: Value, right: Value): boolean {
  const same =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string');
  if (!same || left === null || right === null) {
    throw new EspalierError('bad-operands', `\`${operator}\` orders ${kindOf(left)} and ${kindOf(right)}`);
  }
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}
