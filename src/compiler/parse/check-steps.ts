import type { DocumentPath } from '../../documents/index.ts';
import type { KnownNames } from '../../expressions/index.ts';
import { type CollectionSource, resourceNames, type SourceRef, type Step } from '../../model/index.ts';
import { buildWord, checkResources, checkTemplate, checkTool, checkWords } from '../../tools/index.ts';
import { collectionDims } from './build-collections.ts';
import type { DraftStep } from './draft-step.ts';
import { inlineNames } from './inline-tool.ts';
import { among, listOf, own, type ParseContext, report } from './parse-context.ts';

/** Names of the dimensions of a source; undefined where only the files can tell. */
type Dims = readonly string[] | undefined;

/** Checks and finishes steps in order, so that the dimensions of what a step reads are known. */
export function checkSteps(
  context: ParseContext,
  drafts: readonly DraftStep[],
  collections: Readonly<Record<string, CollectionSource>>,
  finish: (draft: DraftStep) => Step | undefined,
): readonly Step[] {
  const dims = new Map<string, Dims>();
  const dimsOf = (ref: SourceRef): Dims => {
    if (ref.kind === 'output') return dims.get(ref.step);
    const source = own(collections, ref.name);
    return source === undefined ? undefined : collectionDims(source);
  };
  return drafts.flatMap((draft) => {
    const { forEach, group } = draft.sources;
    const main = group?.from ?? forEach;
    const before = main === undefined ? undefined : dimsOf(main);
    const after = group === undefined ? before : group.by;
    dims.set(draft.name, after);
    checkDims(context, draft, before, after, dimsOf);
    checkTemplates(context, draft, after);
    const step = finish(draft);
    return step === undefined ? [] : [step];
  });
}

function checkDims(
  context: ParseContext,
  draft: DraftStep,
  before: Dims,
  after: Dims,
  dimsOf: (ref: SourceRef) => Dims,
): void {
  const path = ['steps', draft.name];
  const { group } = draft.file;
  checkNames(context, listOf(group?.by), before, [...path, 'group', 'by'], typeof group?.by === 'string');
  checkNames(
    context,
    listOf(group?.order),
    before,
    [...path, 'group', 'order'],
    typeof group?.order === 'string',
  );
  for (const match of draft.sources.match) {
    const given = draft.file.match?.[match.role];
    const short = typeof given === 'object' && typeof given.on === 'string';
    const at = [...path, 'match', match.role, 'on'];
    checkNames(context, match.on, after, at, short);
    const missing = match.on.filter((name) => after === undefined || after.includes(name));
    checkNames(context, missing, dimsOf(match.from), at, short, match.on);
  }
}

/** @param whole the names as written, where only some of them are looked at */
function checkNames(
  context: ParseContext,
  names: readonly string[],
  known: Dims,
  path: DocumentPath,
  short: boolean,
  whole: readonly string[] = names,
): void {
  if (known === undefined) return;
  for (const name of names.filter((each) => !known.includes(each))) {
    const place = context.places.at(short ? path : [...path, whole.indexOf(name)]);
    report(
      context,
      'unknown-dimension',
      `the items have no dimension \`${name}\``,
      place,
      among(name, known),
    );
  }
}

/** The templates that the step itself writes. They see the workflow’s parameters, the tool’s, the item and the inputs. */
function checkTemplates(context: ParseContext, draft: DraftStep, dims: Dims): void {
  const { file, tool, name } = draft;
  const path = ['steps', name];
  const ofWorkflow = workflowNames(context, dims);
  const toolValues = Object.fromEntries(Object.keys(tool.parameters).map((each) => [each, 'value' as const]));
  const known: KnownNames = { ...toolValues, ...ofWorkflow, inputs: Object.keys(tool.inputs) };
  const check = (text: string, names: KnownNames, at: DocumentPath): void => {
    context.problems.push(...checkTemplate(text, names, context.places, [...path, ...at]));
  };
  for (const [each, value] of Object.entries(file.with ?? {})) {
    if (typeof value === 'string') check(value, ofWorkflow, ['with', each]);
  }
  for (const [each, value] of Object.entries(file.environment ?? {}))
    check(String(value), known, ['environment', each]);
  context.problems.push(
    ...checkResources(definedOf(file.resources), known, context.places, [...path, 'resources']),
  );
  checkBatch(context, draft);
  if (file.check !== undefined) {
    const seen = { ...known, outputs: Object.keys(tool.outputs), resources: resourceNames };
    const words = { words: file.check.map(buildWord) };
    context.problems.push(...checkWords(words, seen, context.places, [...path, 'check']));
  }
  if (file.run === undefined) checkOutputs(context, draft, known);
  else checkInline(context, draft, dims);
}

/** A number of items per process, for a tool that takes one at a time, would be passed over in silence. */
function checkBatch(context: ParseContext, { name, file, tool }: DraftStep): void {
  const can = [tool, ...Object.values(tool.engines ?? {})].some(({ batch }) => batch !== undefined);
  if (typeof file.batch !== 'number' || can) return;
  const message = `\`${tool.name}\` takes one item at a time`;
  const hint = 'take `batch` out; `pack` puts several tasks into one job';
  report(context, 'bad-value', message, context.places.at(['steps', name, 'batch']), hint);
}

function checkInline(context: ParseContext, { name, file, tool }: DraftStep, dims: Dims): void {
  const seen = { ...tool, parameters: { ...inlineNames(context, file), ...tool.parameters } };
  const options = { commandKey: 'run', item: dims ?? ('any' as const) };
  context.problems.push(...checkTool(seen, context.places, ['steps', name], options));
}

function checkOutputs(context: ParseContext, draft: DraftStep, known: KnownNames): void {
  const { file, tool, name } = draft;
  for (const key of ['inputs', 'container', 'cache-version'] as const) {
    if (file[key] === undefined) continue;
    const message = `\`${key}\` belongs to a step with \`run\`; tool \`${tool.name}\` brings its own`;
    report(context, 'not-inline', message, context.places.key(['steps', name, key]), 'take it out');
  }
  for (const [role, output] of Object.entries(file.outputs ?? {})) {
    const path = ['steps', name, 'outputs', role];
    if (!Object.hasOwn(tool.outputs, role)) {
      const message = `tool \`${tool.name}\` has no output \`${role}\``;
      report(
        context,
        'unknown-output',
        message,
        context.places.key(path),
        among(role, Object.keys(tool.outputs)),
      );
    }
    const [text, at] = typeof output === 'string' ? [output, path] : [output.name, [...path, 'name']];
    context.problems.push(...checkTemplate(text, known, context.places, at));
  }
}

function workflowNames(context: ParseContext, dims: Dims): KnownNames {
  const values = Object.fromEntries(Object.keys(context.parameters).map((name) => [name, 'value' as const]));
  return { ...values, item: dims ?? 'any' };
}

/** Defaults stand for all steps, so they see only what every step has. */
export function checkDefaults(context: ParseContext): void {
  const known: KnownNames = workflowNames(context, undefined);
  const { resources, environment = {} } = context.value.defaults ?? {};
  context.problems.push(
    ...checkResources(definedOf(resources), known, context.places, ['defaults', 'resources']),
  );
  for (const [name, value] of Object.entries(environment)) {
    context.problems.push(
      ...checkTemplate(String(value), known, context.places, ['defaults', 'environment', name]),
    );
  }
}

type Amounts = { readonly [name in (typeof resourceNames)[number]]?: string | number | undefined };

function definedOf(resources: Amounts | undefined): {
  [name in (typeof resourceNames)[number]]?: string | number;
} {
  const result: { [name in (typeof resourceNames)[number]]?: string | number } = {};
  for (const name of resourceNames) {
    const value = resources?.[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}
