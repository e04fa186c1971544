import type { Parameter, WithValue } from '../../model/index.ts';
import { normalUnit, parseParameterValue } from '../../tools/index.ts';
import type { DraftStep } from './draft-step.ts';
import { namesIn } from './inline-tool.ts';
import { among, own, type ParseContext, report } from './parse-context.ts';

/** What a step gives its tool's parameters. An inline command gets every parameter of the workflow that it names. */
export function buildWith(context: ParseContext, draft: DraftStep): Readonly<Record<string, WithValue>> {
  const { name, file, tool } = draft;
  const given = Object.entries(file.with ?? {}).map(([parameter, value]): [string, WithValue] => {
    const place = context.places.at(['steps', name, 'with', parameter]);
    checkValue(context, draft, parameter, { value, place });
    return [parameter, { value, place }];
  });
  if (file.run === undefined) return Object.fromEntries(given);
  const place = context.places.key(['steps', name, 'run']);
  const passed = Object.keys(tool.parameters).map((each): [string, WithValue] => [
    each,
    { value: `{{ ${each} }}`, place },
  ]);
  return Object.fromEntries([...passed, ...given]);
}

function checkValue(context: ParseContext, draft: DraftStep, name: string, given: WithValue): void {
  const { tool } = draft;
  const parameter = own(tool.parameters, name);
  if (parameter === undefined) {
    const place = context.places.key(['steps', draft.name, 'with', name]);
    const message = `tool \`${tool.name}\` has no parameter \`${name}\``;
    report(context, 'unknown-parameter', message, place, among(name, Object.keys(tool.parameters)));
    return;
  }
  if (typeof given.value === 'string' && given.value.includes('{{')) {
    checkUnit(context, parameter, given);
    return;
  }
  const parsed = parseParameterValue(parameter, given.value);
  if (!parsed.ok) report(context, 'bad-value', `\`${name}\`: ${parsed.message}`, given.place, parsed.hint);
}

/** A parameter of the workflow passed on as it is must be in the unit that the tool wants. */
function checkUnit(context: ParseContext, wanted: Parameter, { value, place }: WithValue): void {
  const [name, second] = namesIn([String(value)]);
  const passed = /^\s*\{\{\s*\w+\s*\}\}\s*$/.test(String(value)) && second === undefined;
  const unit = passed && name !== undefined ? own(context.parameters, name)?.unit : undefined;
  if (unit === undefined || wanted.unit === undefined || normalUnit(unit) === normalUnit(wanted.unit)) return;
  const message = `\`${name ?? ''}\` is in \`${unit}\`, the tool wants \`${wanted.unit}\``;
  report(context, 'wrong-unit', message, place, 'give the workflow’s parameter the tool’s unit');
}
