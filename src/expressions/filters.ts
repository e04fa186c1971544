import { EspalierError } from '../model/index.ts';
import { expressionLimits } from './limits.ts';
import type { Meter } from './meter.ts';
import { baseName, directoryName, extension, stem } from './path-parts.ts';
import { isList, kindOf, type Value, valueToText } from './values.ts';

/** `value | name(options)`. */
type Filter = (value: Value, options: readonly Value[], meter: Meter) => Value;

interface FilterRow {
  readonly apply: Filter;
  /** Fewest and most options. */
  readonly options: readonly [number, number];
  readonly help: string;
}

/** Every filter there is. `default` is here for its name: it is applied before its input is known to exist. */
const filters: Readonly<Record<string, FilterRow>> = {
  abs: { options: [0, 0], help: 'without its sign', apply: (v) => Math.abs(asNumber(v, 'abs')) },
  basename: { options: [0, 0], help: 'a path’s last part', apply: (v) => baseName(asText(v, 'basename')) },
  default: {
    options: [1, 1],
    help: 'the option, where there is no value',
    apply: (v, [other]) => v ?? other ?? null,
  },
  dirname: {
    options: [0, 0],
    help: 'a path without its last part',
    apply: (v) => directoryName(asText(v, 'dirname')),
  },
  ext: {
    options: [0, 0],
    help: 'a file name’s extension, with its dot',
    apply: (v) => extension(asText(v, 'ext')),
  },
  first: {
    options: [0, 0],
    help: 'the first entry of a list',
    apply: (v) => entry(asList(v, 'first').at(0), 'first'),
  },
  float: { options: [0, 0], help: 'a number', apply: (v) => toNumber(v, 'float') },
  int: {
    options: [0, 0],
    help: 'a whole number, cut towards 0',
    apply: (v) => Math.trunc(toNumber(v, 'int')),
  },
  join: { options: [0, 1], help: 'the entries as one text, the option between them', apply: join },
  last: {
    options: [0, 0],
    help: 'the last entry of a list',
    apply: (v) => entry(asList(v, 'last').at(-1), 'last'),
  },
  length: { options: [0, 0], help: 'how many entries, or characters', apply: length },
  lower: { options: [0, 0], help: 'in lower case', apply: (v) => asText(v, 'lower').toLowerCase() },
  max: { options: [0, 0], help: 'the greatest entry', apply: (v, _, meter) => extreme(v, 'max', meter) },
  min: { options: [0, 0], help: 'the least entry', apply: (v, _, meter) => extreme(v, 'min', meter) },
  pad: { options: [1, 1], help: 'with zeros in front, as wide as the option', apply: pad },
  replace: { options: [2, 2], help: 'the first option changed to the second, everywhere', apply: replace },
  round: { options: [0, 1], help: 'to as many decimals as the option says (0)', apply: round },
  stem: {
    options: [0, 0],
    help: 'a path’s last part without its extension',
    apply: (v) => stem(asText(v, 'stem')),
  },
  trim: { options: [0, 0], help: 'without white space at its ends', apply: (v) => asText(v, 'trim').trim() },
  upper: { options: [0, 0], help: 'in upper case', apply: (v) => asText(v, 'upper').toUpperCase() },
};

export const filterNames: readonly string[] = Object.keys(filters);

/** What each filter does, for documents and editors. */
export const filterHelp: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(filters).map(([name, row]) => [name, row.help]),
);

export function applyFilter(name: string, value: Value, options: readonly Value[], meter: Meter): Value {
  const row = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (row === undefined) throw new EspalierError('unknown-filter', `there is no filter \`${name}\``);
  const [fewest, most] = row.options;
  if (options.length < fewest || options.length > most) {
    const wanted = fewest === most ? String(fewest) : `${fewest} to ${most}`;
    throw new EspalierError('bad-filter', `\`${name}\` takes ${wanted} options, not ${options.length}`);
  }
  if (typeof value === 'string') meter.step(value.length);
  const result = row.apply(value, options, meter);
  if (typeof result === 'string') meter.characters(result.length);
  return result;
}

function join(value: Value, [separator = '']: readonly Value[], meter: Meter): Value {
  const list = asList(value, 'join');
  const between = asText(separator, 'join');
  meter.step(list.length);
  let length = between.length * Math.max(0, list.length - 1);
  for (const item of list) length += valueToText(item, 'join').length;
  meter.characters(length);
  return list.map((item) => valueToText(item, 'join')).join(between);
}

function replace(value: Value, [from = '', to = '']: readonly Value[], meter: Meter): Value {
  const text = asText(value, 'replace');
  const wanted = asText(from, 'replace');
  const other = asText(to, 'replace');
  if (wanted === '') throw new EspalierError('bad-filter', '`replace` cannot look for an empty text');
  meter.step(text.length * wanted.length);
  const pieces = text.split(wanted);
  meter.characters(text.length + (pieces.length - 1) * (other.length - wanted.length));
  return pieces.join(other);
}

function pad(value: Value, [width = 0]: readonly Value[]): Value {
  const wanted = asNumber(width, 'pad');
  const whole = Number.isInteger(wanted) && wanted >= 0 && wanted <= expressionLimits.padding;
  if (!whole)
    throw new EspalierError(
      'bad-filter',
      `\`pad\` takes a width from 0 to ${expressionLimits.padding}, not \`${wanted}\``,
    );
  const text = valueToText(value, 'pad');
  return text.startsWith('-') ? `-${text.slice(1).padStart(wanted - 1, '0')}` : text.padStart(wanted, '0');
}

/** Halves go away from zero, as people round. */
function round(value: Value, [decimals = 0]: readonly Value[]): Value {
  const number = asNumber(value, 'round');
  const digits = asNumber(decimals, 'round');
  const whole = Number.isInteger(digits) && digits >= 0 && digits <= 15;
  if (!whole) throw new EspalierError('bad-filter', `\`round\` takes 0 to 15 decimals, not \`${digits}\``);
  const [mantissa, exponent = '0'] = Math.abs(number).toExponential().split('e');
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  return finite(Math.sign(number) * Number(`${shifted}e-${digits}`), number);
}

function finite(result: number, otherwise: number): number {
  return Number.isFinite(result) ? result : otherwise;
}

function length(value: Value): Value {
  if (typeof value === 'string' || isList(value)) return value.length;
  throw wrong('length', value, 'a text or a list');
}

function extreme(value: Value, name: 'min' | 'max', meter: Meter): Value {
  const list = asList(value, name);
  meter.step(list.length);
  let best: number | undefined;
  for (const item of list) {
    const number = asNumber(item, name);
    if (best === undefined || (name === 'min' ? number < best : number > best)) best = number;
  }
  return entry(best, name);
}

function entry(value: Value | undefined, filter: string): Value {
  if (value === undefined) throw new EspalierError('bad-filter', `\`${filter}\` of an empty list`);
  return value;
}

/** No two parts of it can match the same digits: a pattern that can takes quadratic time on many digits. */
const numberText = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?$/i;

function toNumber(value: Value, filter: string): number {
  if (typeof value === 'number') return value;
  const written = typeof value === 'string' && value.length <= 64 && numberText.test(value.trim());
  const number = written ? Number(value) : Number.NaN;
  if (!Number.isFinite(number))
    throw new EspalierError('bad-filter', `\`${filter}\` cannot read \`${shown(value)}\` as a number`);
  return number;
}

function shown(value: Value): string {
  return typeof value === 'string' ? value.slice(0, 60) : kindOf(value);
}

function asText(value: Value, filter: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrong(filter, value, 'a text');
}

function asNumber(value: Value, filter: string): number {
  if (typeof value === 'number') return value;
  throw wrong(filter, value, 'a number');
}

function asList(value: Value, filter: string): readonly Value[] {
  if (isList(value)) return value;
  throw wrong(filter, value, 'a list');
}

function wrong(filter: string, value: Value, wanted: string): EspalierError {
  return new EspalierError('bad-filter', `\`${filter}\` wants ${wanted}, not ${kindOf(value)}`);
}
