import type { DraftStep } from './draft-step.ts';
import { among, type ParseContext, report } from './parse-context.ts';

/**
 * The input of the tool that the step's items fill: the one named by `as`, else the only required one that `match` does
 * not fill. Reports inputs filled twice, not at all, or not there.
 */
export function assignRoles(context: ParseContext, draft: DraftStep): string | undefined {
  const { name, file, tool } = draft;
  const { places } = context;
  const path = ['steps', name];
  const inputs = Object.keys(tool.inputs);
  const matched = Object.keys(file.match ?? {});
  for (const role of matched) {
    if (inputs.includes(role)) continue;
    report(
      context,
      'unknown-input',
      `tool \`${tool.name}\` has no input \`${role}\``,
      places.key([...path, 'match', role]),
      among(role, inputs),
    );
  }
  const role =
    file.as === undefined ? guessRole(context, draft, matched) : namedRole(context, draft, file.as, matched);
  if (role === undefined) return undefined;
  const input = tool.inputs[role];
  if (file.group !== undefined && input?.many === false) {
    const message = `input \`${role}\` of tool \`${tool.name}\` takes one ${input.type}, a group brings many`;
    report(
      context,
      'not-many',
      message,
      places.key([...path, 'group']),
      file.run === undefined
        ? 'use `for-each`, or a tool that takes many'
        : `use \`for-each\`, or let it take many: \`inputs: { ${role}: files }\``,
    );
  }
  const unfilled = inputs.filter(
    (each) => tool.inputs[each]?.optional === false && each !== role && !matched.includes(each),
  );
  for (const each of unfilled) {
    const hint = `write \`match: { ${each}: { on: DIMENSION } }\`, or \`match: { ${each}: all }\` for one that serves all`;
    if (!context.hurt.has(name))
      report(
        context,
        'unfilled-input',
        `nothing fills input \`${each}\` of tool \`${tool.name}\``,
        places.key(path),
        hint,
      );
  }
  return role;
}

function namedRole(
  context: ParseContext,
  draft: DraftStep,
  role: string,
  matched: readonly string[],
): string | undefined {
  const { name, tool } = draft;
  const place = context.places.at(['steps', name, 'as']);
  const inputs = Object.keys(tool.inputs);
  if (!inputs.includes(role)) {
    report(
      context,
      'unknown-input',
      `tool \`${tool.name}\` has no input \`${role}\``,
      place,
      among(role, inputs),
    );
    return undefined;
  }
  if (matched.includes(role)) {
    report(
      context,
      'filled-twice',
      `input \`${role}\` is filled by the items and by \`match\``,
      place,
      'keep one of the two',
    );
  }
  return role;
}

function guessRole(context: ParseContext, draft: DraftStep, matched: readonly string[]): string | undefined {
  const { name, tool } = draft;
  const free = Object.keys(tool.inputs).filter((role) => !matched.includes(role));
  const required = free.filter((role) => tool.inputs[role]?.optional === false);
  const [only, second] = required.length > 0 ? required : free;
  if (only !== undefined && second === undefined) return only;
  const place = context.places.key(['steps', name]);
  if (only === undefined) {
    const message = `tool \`${tool.name}\` has no input left for the items of step \`${name}\``;
    report(context, 'filled-twice', message, place, 'take one input out of `match`');
  } else if (!context.hurt.has(name)) {
    const names = required.map((role) => `\`${role}\``).join(', ');
    const hint = `say which one the items fill with \`as\`, and fill the others with \`match\`: ${names}`;
    report(
      context,
      'unclear-input',
      `tool \`${tool.name}\` has several inputs that nothing fills: ${names}`,
      place,
      hint,
    );
  }
  return undefined;
}
