import type { CollectionSource, Step, Tool } from '../../model/index.ts';
import { buildWord, textsOf } from '../../tools/index.ts';
import type { StepFile } from '../schema/workflow-schema.ts';
import { assignRoles } from './assign-roles.ts';
import { buildRetry } from './build-retry.ts';
import { checkDefaults, checkSteps } from './check-steps.ts';
import type { DraftStep } from './draft-step.ts';
import { buildInlineTool } from './inline-tool.ts';
import { orderSteps } from './order-steps.ts';
import { among, own, type ParseContext, report, writtenNames } from './parse-context.ts';
import { findSources } from './step-sources.ts';
import { buildWith } from './step-values.ts';

export function buildSteps(
  context: ParseContext,
  collections: Readonly<Record<string, CollectionSource>>,
): readonly Step[] {
  checkNames(context);
  const tools = findTools(context);
  const drafts = Object.entries(context.value.steps).flatMap(([name, file]): DraftStep[] => {
    const sources = findSources(context, name, file, collections, tools);
    const tool = own(tools, name);
    return tool === undefined ? [] : [{ name, file, tool, sources }];
  });
  const ordered = orderSteps(context, drafts);
  checkDefaults(context);
  return checkSteps(context, ordered, collections, (draft) => buildStep(context, draft));
}

/** A source is named by one word, so a step and a collection cannot share theirs. */
function checkNames(context: ParseContext): void {
  const collections = writtenNames(context, ['collections']);
  for (const name of writtenNames(context, ['steps'])) {
    if (!collections.includes(name)) continue;
    const message = `\`${name}\` is the name of a collection and of a step`;
    report(context, 'name-twice', message, context.places.key(['steps', name]), 'rename one of the two');
  }
}

/** The tool of each step; what is missing or unknown is reported. */
function findTools(context: ParseContext): Readonly<Record<string, Tool>> {
  const found: Record<string, Tool> = {};
  for (const [name, file] of Object.entries(context.value.steps)) {
    const tool = findTool(context, name, file);
    if (tool !== undefined) found[name] = tool;
  }
  return found;
}

function findTool(context: ParseContext, name: string, file: StepFile): Tool | undefined {
  const { places, tools, hurt } = context;
  const path = ['steps', name];
  if (file.run !== undefined) {
    if (file.tool !== undefined) {
      report(
        context,
        'no-command',
        `step \`${name}\` says both \`tool\` and \`run\``,
        places.key([...path, 'run']),
        'keep one of the two',
      );
    }
    return buildInlineTool(context, name, file);
  }
  if (file.tool === undefined) {
    const message = `step \`${name}\` says neither \`tool\` nor \`run\``;
    if (!hurt.has(name))
      report(
        context,
        'no-command',
        message,
        places.key(path),
        `there are the tools: ${Object.keys(tools).join(', ')}`,
      );
    return undefined;
  }
  const tool = own(tools, file.tool);
  if (tool === undefined) {
    report(
      context,
      'unknown-tool',
      `there is no tool \`${file.tool}\``,
      places.at([...path, 'tool']),
      among(file.tool, Object.keys(tools)),
    );
  }
  return tool;
}

function buildStep(context: ParseContext, draft: DraftStep): Step | undefined {
  const { name, file, tool, sources } = draft;
  const inputRole = assignRoles(context, draft);
  const given = buildWith(context, draft);
  if (inputRole === undefined || (sources.forEach === undefined && sources.group === undefined))
    return undefined;
  const defaults = context.value.defaults ?? {};
  const pack = file.pack ?? defaults.pack;
  const batch = file.batch ?? defaults.batch;
  const retry = { ...buildRetry(defaults.retry ?? {}), ...buildRetry(file.retry ?? {}) };
  const onFailure = file['on-failure'] ?? defaults['on-failure'];
  return {
    name,
    tool,
    ...(sources.forEach === undefined ? {} : { forEach: sources.forEach }),
    ...(sources.group === undefined ? {} : { group: sources.group }),
    inputRole,
    match: sources.match,
    with: given,
    resources: { ...without(defaults.resources ?? {}, tool.resources), ...defined(file.resources ?? {}) },
    environment: {
      ...asTexts(without(defaults.environment ?? {}, tool.environment)),
      ...asTexts(file.environment ?? {}),
    },
    outputNames: file.run === undefined ? outputNames(file) : {},
    fuse: file.fuse ?? defaults.fuse ?? true,
    ...(pack === undefined ? {} : { pack }),
    ...(batch === undefined ? {} : { batch }),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
    ...(onFailure === undefined ? {} : { onFailure }),
    logWithout: textsOf(file['log-without']),
    ...(file.check === undefined ? {} : { check: file.check.map(buildWord) }),
    place: context.places.key(['steps', name]),
  };
}

/** A default gives way to what the tool says of itself. */
function without<T>(defaults: { readonly [name: string]: T | undefined }, tool: object): Record<string, T> {
  return defined(Object.fromEntries(Object.entries(defaults).filter(([name]) => !Object.hasOwn(tool, name))));
}

function defined<T>(record: { readonly [name: string]: T | undefined }): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]): [string, T][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

function asTexts(record: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
}

function outputNames(file: StepFile): Record<string, string> {
  return Object.fromEntries(
    Object.entries(file.outputs ?? {}).map(([role, output]) => [
      role,
      typeof output === 'string' ? output : output.name,
    ]),
  );
}
