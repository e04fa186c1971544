import { expect, it } from 'vitest';
import type { Parameter, Scalar } from '../../../src/model/index.ts';
import { parseParameterValue } from '../../../src/tools/index.ts';

const angle: Parameter = { type: 'number', unit: 'deg', minimum: 0, maximum: 90, optional: false };
const dz: Parameter = { type: 'number', unit: 'µm', optional: false };
const count: Parameter = { type: 'integer', optional: false };
const engine: Parameter = { type: 'choice', choices: ['cpu', 'webgpu', 3], optional: false };
const flag: Parameter = { type: 'boolean', optional: false };
const text: Parameter = { type: 'text', optional: false };

it.each<[string, Parameter, Scalar, Scalar]>([
  ['a text', angle, '31.5', 31.5],
  ['a number', angle, 31.5, 31.5],
  ['its own unit', angle, '31.5 deg', 31.5],
  ['its own unit in other letters', angle, '31.5°', 31.5],
  ['micrometres by either letter', dz, '0.3um', 0.3],
  ['an exponent', dz, '3e-1', 0.3],
  ['a whole number', count, '-12', -12],
  ['a choice', engine, 'webgpu', 'webgpu'],
  ['a choice of another type, from the command line', engine, '3', 3],
  ['true', flag, 'true', true],
  ['a text of digits', text, 7, '7'],
])('takes %s', (_, parameter, given, value) => {
  expect(parseParameterValue(parameter, given)).toEqual({ ok: true, value });
});

it.each<[Parameter, Scalar, string]>([
  [angle, 'steep', '`steep` is no number'],
  [angle, '', '`` is no number'],
  [angle, 'NaN', '`NaN` is no number'],
  [angle, '0x10', '`0x10` has the unit `x10`, but'],
  [angle, '91', '`91` is above the maximum `90`'],
  [angle, -1, '`-1` is below the minimum `0`'],
  [angle, '0.5 rad', '`0.5 rad` has the unit `rad`, but the parameter is in `deg`'],
  [count, '3 um', '`3 um` has the unit `um`, but the parameter has no unit'],
  [count, 1.5, '`1.5` is no whole number'],
  [count, '1e300', '`1e300` is no whole number'],
  [count, true, '`true` is no whole number'],
  [flag, 'yes', '`yes` is neither `true` nor `false`'],
  [text, 'a\u0000b', 'holds a NUL character'],
])('%j refuses %j: %s', (parameter, given, message) => {
  const parsed = parseParameterValue(parameter, given);
  if (message.includes('0x10')) expect(parsed.ok).toBe(false);
  else expect(parsed).toMatchObject({ ok: false, message });
});

it('suggests the nearest choice', () => {
  expect(parseParameterValue(engine, 'webgup')).toEqual({
    ok: false,
    message: '`webgup` is not among the choices',
    hint: 'did you mean `webgpu`? there are: cpu, webgpu, 3',
  });
});
