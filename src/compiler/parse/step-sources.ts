import type { DocumentPath } from '../../documents/index.ts';
import type { CollectionSource, Match, SourceRef, Step, Tool } from '../../model/index.ts';
import type { StepFile } from '../schema/workflow-schema.ts';
import { among, listOf, own, type ParseContext, report, writtenNames } from './parse-context.ts';

/** What a step works on. */
export type StepSources = Pick<Step, 'forEach' | 'group' | 'match'>;

export function findSources(
  context: ParseContext,
  name: string,
  file: StepFile,
  collections: Readonly<Record<string, CollectionSource>>,
  tools: Readonly<Record<string, Tool>>,
): StepSources {
  const path = ['steps', name];
  const ref = (text: string, at: DocumentPath): SourceRef | undefined =>
    findSource(context, text, at, collections, tools);
  const match = Object.entries(file.match ?? {}).flatMap(([role, given]): Match[] => {
    const { from = role, on } = given === 'all' ? { on: 'all' } : given;
    // An input that is not there is reported with the others; its name is then no collection either.
    const tool = own(tools, name);
    if (from === role && tool !== undefined && !Object.hasOwn(tool.inputs, role)) return [];
    const at =
      given !== 'all' && given.from !== undefined
        ? [...path, 'match', role, 'from']
        : [...path, 'match', role];
    const source = ref(from, at);
    return source === undefined ? [] : [{ role, from: source, on: on === 'all' ? [] : listOf(on) }];
  });
  const main = mainSource(context, name, file);
  const from = main === undefined ? undefined : ref(main.text, [...path, main.key]);
  if (from === undefined) return { match };
  if (file.group === undefined) return { forEach: from, match };
  return { group: { from, by: listOf(file.group.by), order: listOf(file.group.order) }, match };
}

/** Which key names the items: `for-each`, or `from` beside `group`. */
function mainSource(
  context: ParseContext,
  name: string,
  file: StepFile,
): { readonly key: 'for-each' | 'from'; readonly text: string } | undefined {
  const { places, hurt } = context;
  const each = file['for-each'];
  const problem = (message: string, key: string, hint: string): undefined => {
    if (!hurt.has(name))
      report(context, 'no-items', `step \`${name}\` ${message}`, places.key(['steps', name, key]), hint);
    return undefined;
  };
  if (file.group !== undefined) {
    if (each !== undefined)
      return problem(
        'says both `for-each` and `group`',
        'for-each',
        'write `from` instead of `for-each` to group',
      );
    return file.from === undefined
      ? problem('groups nothing', 'group', 'name what is grouped: `from: COLLECTION` or `from: STEP.OUTPUT`')
      : { key: 'from', text: file.from };
  }
  if (file.from !== undefined)
    return problem('has a `from` without a `group`', 'from', 'write `for-each` for one task per item');
  return each === undefined
    ? problem('works on nothing', '', 'say `for-each: COLLECTION`, or `group` and `from`')
    : { key: 'for-each', text: each };
}

/** `raw`, `deskew.image`, or `deskew` where that step has one output. Steps out of shape are answered by silence. */
function findSource(
  context: ParseContext,
  text: string,
  path: DocumentPath,
  collections: Readonly<Record<string, CollectionSource>>,
  tools: Readonly<Record<string, Tool>>,
): SourceRef | undefined {
  const place = context.places.at(path);
  const dot = text.indexOf('.');
  const [head, output] = dot === -1 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
  const written = writtenNames(context, ['collections']);
  if (written.includes(head)) {
    if (output === undefined)
      return own(collections, head) === undefined ? undefined : { kind: 'collection', name: head, place };
    report(
      context,
      'unknown-source',
      `\`${head}\` is a collection: it has no \`${output}\``,
      place,
      `write \`${head}\``,
    );
    return undefined;
  }
  const steps = writtenNames(context, ['steps']);
  if (!steps.includes(head)) {
    report(
      context,
      'unknown-source',
      `there is no collection or step \`${head}\``,
      place,
      among(head, [...written, ...steps]),
    );
    return undefined;
  }
  const tool = own(tools, head);
  return tool === undefined ? undefined : findOutput(context, head, output, Object.keys(tool.outputs), place);
}

function findOutput(
  context: ParseContext,
  step: string,
  output: string | undefined,
  outputs: readonly string[],
  place: SourceRef['place'],
): SourceRef | undefined {
  const [only, second] = outputs;
  const name = output ?? (second === undefined ? only : undefined);
  if (name !== undefined && outputs.includes(name)) return { kind: 'output', step, output: name, place };
  const full = outputs.map((each) => `${step}.${each}`);
  if (output === undefined) {
    report(
      context,
      'unknown-output',
      `step \`${step}\` has ${outputs.length} outputs`,
      place,
      `name one of them: ${full.join(', ')}`,
    );
  } else {
    report(
      context,
      'unknown-output',
      `step \`${step}\` has no output \`${output}\``,
      place,
      among(`${step}.${output}`, full),
    );
  }
  return undefined;
}

export function sourcesOf({ forEach, group, match }: StepSources): readonly SourceRef[] {
  const main = group?.from ?? forEach;
  return [...(main === undefined ? [] : [main]), ...match.map((each) => each.from)];
}
