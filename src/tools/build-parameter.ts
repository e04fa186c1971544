import type { DocumentPath, Places } from '../documents/index.ts';
import { type Parameter, type Problem, type Scalar, suggest } from '../model/index.ts';
import { acquisitionFields, normalUnit } from './acquisition-fields.ts';
import { parseParameterValue } from './parse-parameter-value.ts';
import type { ParameterFile } from './tool-schema.ts';

/** A parameter as declared → checked. A bare value declares a parameter of its own kind with that default. */
export function buildParameter(
  name: string,
  file: ParameterFile,
  places: Places,
  path: DocumentPath,
  problems: Problem[],
): Parameter {
  if (typeof file !== 'object') return { type: typeOf(file), default: file, optional: false };
  const { type, unit, minimum, maximum, choices, help } = file;
  const report = (code: string, message: string, key: string, hint?: string): void => {
    const place = places.at([...path, key]);
    problems.push(hint === undefined ? { code, message, place } : { code, message, hint, place });
  };
  const from = file.from === undefined ? undefined : sourceField(name, file.from, unit, report);
  const parameter: Parameter = {
    type,
    ...(unit === undefined ? {} : { unit }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(choices === undefined ? {} : { choices }),
    ...(file.default === undefined ? {} : { default: file.default }),
    ...(from === undefined ? {} : { from }),
    optional: file.optional ?? false,
    ...(help === undefined ? {} : { help }),
  };
  checkRange(parameter, report);
  return withDefault(parameter, report);
}

function typeOf(value: Scalar): Parameter['type'] {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  return Number.isInteger(value) ? 'integer' : 'number';
}

type Report = (code: string, message: string, key: string, hint?: string) => void;

function sourceField(name: string, from: string, unit: string | undefined, report: Report): string {
  const field = from === 'acquisition' ? name : from.slice('acquisition.'.length);
  const fields = Object.keys(acquisitionFields);
  const known = Object.hasOwn(acquisitionFields, field) ? acquisitionFields[field] : undefined;
  if (known === undefined) {
    const near = suggest(field, fields);
    const hint = `${near === undefined ? '' : `did you mean \`acquisition.${near}\`? `}there are: ${fields.join(', ')}`;
    report('unknown-field', `an acquisition has no \`${field}\``, 'from', hint);
  } else if (unit !== undefined && normalUnit(unit) !== known) {
    const measured = known === '' ? 'has no unit' : `is measured in \`${known}\``;
    report('wrong-unit', `\`acquisition.${field}\` ${measured}, not in \`${unit}\``, 'unit');
  }
  return field;
}

function checkRange(parameter: Parameter, report: Report): void {
  const { type, minimum, maximum, choices } = parameter;
  const numeric = type === 'integer' || type === 'number';
  if (type === 'choice' && choices === undefined) {
    report('missing-key', 'a choice needs its `choices`', 'type', 'write e.g. `choices: [cpu, gpu]`');
  }
  if (type !== 'choice' && choices !== undefined) {
    report('bad-parameter', `\`choices\` belong to type \`choice\`, not to \`${type}\``, 'choices');
  }
  for (const [key, limit] of [
    ['minimum', minimum],
    ['maximum', maximum],
  ] as const) {
    if (limit !== undefined && !numeric)
      report('bad-parameter', `a parameter of type \`${type}\` has no \`${key}\``, key);
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    report('bad-parameter', `the minimum \`${minimum}\` is above the maximum \`${maximum}\``, 'minimum');
  }
}

function withDefault(parameter: Parameter, report: Report): Parameter {
  if (parameter.default === undefined) return parameter;
  const parsed = parseParameterValue(parameter, parameter.default);
  if (parsed.ok) return { ...parameter, default: parsed.value };
  report('bad-default', `the default ${parsed.message}`, 'default', parsed.hint);
  return parameter;
}
