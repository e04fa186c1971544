import { EspalierError } from '../model/index.ts';
import type { ExpressionPart, Template } from './compile-template.ts';
import { evaluateExpression, find } from './evaluate-expression.ts';
import { Meter } from './meter.ts';
import { isList, type Scope, type Value, valueToText } from './values.ts';

/** A piece of a template: the author's own text, or a value in its place. */
export type EvaluatedPart =
  | { readonly literal: string }
  | {
      readonly value: Value;
      /** As written between the braces. */
      readonly expression: string;
      /** Set when the expression is only a name. */
      readonly name?: string;
    };

/** The template's text, at most 64 K characters. Throws an EspalierError that names what has no value or no text. */
export function evaluateText(template: Template, scope: Scope): string {
  const meter = new Meter();
  let length = 0;
  const texts = template.parts.map((part) => {
    const text =
      'literal' in part ? part.literal : valueToText(evaluatePart(part, scope, meter), part.source);
    length += text.length;
    meter.characters(length);
    return text;
  });
  return texts.join('');
}

/** The value itself where the whole text is one `{{ }}`, else its text. */
export function evaluateValue(template: Template, scope: Scope): Value {
  const [only, second] = template.parts;
  if (only === undefined || second !== undefined || 'literal' in only) return evaluateText(template, scope);
  return evaluatePart(only, scope, new Meter());
}

/** The template's parts in order, values not yet text: what a command is made of. */
export function evaluateParts(template: Template, scope: Scope): readonly EvaluatedPart[] {
  const meter = new Meter();
  return template.parts.map((part) => {
    if ('literal' in part) return { literal: part.literal };
    const value = evaluatePart(part, scope, meter);
    const expression = part.source;
    return part.name === undefined ? { value, expression } : { value, expression, name: part.name };
  });
}

/**
 * What an `if:` of a command says. A bare name asks whether it was given: false only for no value, `none`, `false`,
 * an empty text and an empty list, so that a 0 counts as given. Anything else must come out as true or false.
 */
export function evaluateCondition(template: Template, scope: Scope): boolean {
  const [only] = template.parts;
  if (only !== undefined && !('literal' in only) && only.name !== undefined) {
    const result = find(only.expression, scope, new Meter());
    return 'value' in result && isGiven(result.value);
  }
  const value = evaluateValue(template, scope);
  if (typeof value === 'boolean') return value;
  throw new EspalierError('not-a-truth', `the condition \`${template.text}\` is neither true nor false`, {
    hint: 'write a name, or a comparison',
  });
}

function isGiven(value: Value): boolean {
  return value !== null && value !== false && value !== '' && !(isList(value) && value.length === 0);
}

function evaluatePart(part: ExpressionPart, scope: Scope, meter: Meter): Value {
  const value = evaluateExpression(part.expression, scope, meter);
  if (typeof value === 'string') meter.characters(value.length);
  return value;
}
