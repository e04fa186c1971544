import { type Parameter, type Scalar, suggest } from '../model/index.ts';
import { normalUnit } from './acquisition-fields.ts';

export type ParsedValue =
  | { readonly ok: true; readonly value: Scalar }
  /** The message goes on from the parameter's name: "`200` is above the maximum `100`". */
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/**
 * A value for a parameter, from a file (a scalar) or the command line (a text) → of the parameter's type, within its
 * range. A unit may be written behind a number when it is the parameter's own; another one is an error, because
 * nothing is converted.
 */
export function parseParameterValue(parameter: Parameter, given: Scalar): ParsedValue {
  switch (parameter.type) {
    case 'integer':
    case 'number':
      return parseNumber(parameter, given);
    case 'boolean':
      return parseBoolean(given);
    case 'choice':
      return parseChoice(parameter.choices ?? [], given);
    case 'text':
      return parseText(String(given));
  }
}

/** Digits at both ends of each part, so that no text can be split in more than one way. */
const numberAndUnit = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?)\s*([a-zµμ°%][a-zµμ°%/]*)?$/i;

function parseNumber(parameter: Parameter, given: Scalar): ParsedValue {
  if (typeof given === 'boolean') return refused(given, `is no ${nameOf(parameter)}`);
  const match = String(given).length > 64 ? null : numberAndUnit.exec(String(given).trim());
  const value = Number(match?.[1] ?? Number.NaN);
  if (!Number.isFinite(value)) return refused(given, `is no ${nameOf(parameter)}`);
  const unit = match?.[2];
  if (unit !== undefined && normalUnit(unit) !== normalUnit(parameter.unit ?? '')) {
    const own = parameter.unit === undefined ? 'has no unit' : `is in \`${parameter.unit}\``;
    return refused(
      given,
      `has the unit \`${unit}\`, but the parameter ${own}`,
      'write the number alone, in the parameter’s unit',
    );
  }
  if (parameter.type === 'integer' && !Number.isSafeInteger(value))
    return refused(given, 'is no whole number');
  const { minimum, maximum } = parameter;
  if (minimum !== undefined && value < minimum) return refused(given, `is below the minimum \`${minimum}\``);
  if (maximum !== undefined && value > maximum) return refused(given, `is above the maximum \`${maximum}\``);
  return { ok: true, value };
}

function nameOf(parameter: Parameter): string {
  return parameter.type === 'integer' ? 'whole number' : 'number';
}

function parseBoolean(given: Scalar): ParsedValue {
  if (typeof given === 'boolean') return { ok: true, value: given };
  if (given === 'true' || given === 'false') return { ok: true, value: given === 'true' };
  return refused(given, 'is neither `true` nor `false`');
}

function parseChoice(choices: readonly Scalar[], given: Scalar): ParsedValue {
  const value =
    choices.find((choice) => choice === given) ?? choices.find((choice) => String(choice) === String(given));
  if (value !== undefined) return { ok: true, value };
  const names = choices.map(String);
  const near = suggest(String(given), names);
  return refused(
    given,
    'is not among the choices',
    `${near === undefined ? '' : `did you mean \`${near}\`? `}there are: ${names.join(', ')}`,
  );
}

function parseText(given: string): ParsedValue {
  if (given.includes('\u0000')) return { ok: false, message: 'holds a NUL character' };
  return { ok: true, value: given };
}

function refused(given: Scalar, message: string, hint?: string): ParsedValue {
  const text = String(given);
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return { ok: false, message: `\`${shown}\` ${message}`, ...(hint === undefined ? {} : { hint }) };
}
