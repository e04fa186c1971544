import { createHash } from 'node:crypto';
import {
  type DocumentPath,
  isPlainMap,
  plainAt,
  readYamlPartly,
  type YamlFile,
} from '../../documents/index.ts';
import { accept, type Checked, type Problem, refuse, type Tool, type Workflow } from '../../model/index.ts';
import { acquisitionFields, buildParameter, mapValues } from '../../tools/index.ts';
import { type WorkflowFile, workflowFileSchema } from '../schema/workflow-schema.ts';
import { buildCollections } from './build-collections.ts';
import { buildSteps } from './build-steps.ts';
import { checkFetch } from './check-fetch.ts';
import { among, listOf, type ParseContext, report } from './parse-context.ts';
import { warnUnusedParameters } from './unused-parameters.ts';

/**
 * YAML text of a workflow → every name resolved, steps in an order in which each comes after what it reads. All
 * problems come together; warnings ride along with a workflow that is well.
 *
 * @param file as messages name it, and as the workflow keeps it
 * @param tools by the names that steps use
 */
export function parseWorkflow(
  text: string,
  file: string,
  tools: Readonly<Record<string, Tool>>,
): Checked<Workflow> {
  const stead = { name: 'unnamed', collections: {}, steps: {} };
  const read = readYamlPartly(text, file, workflowFileSchema, stead);
  if (read.file === undefined) return refuse(...read.problems);
  const problems: Problem[] = [...read.problems];
  const context = openContext(read.file, tools, problems);
  const workflow = buildWorkflow(context, text, file);
  return problems.length > 0 ? refuse(...inOrder(problems)) : accept(workflow, context.warnings);
}

function openContext(
  file: YamlFile<WorkflowFile>,
  tools: Readonly<Record<string, Tool>>,
  problems: Problem[],
): ParseContext {
  const { value, places, written, leftOut } = file;
  const parameters = mapValues(value.parameters ?? {}, (parameter, name) =>
    buildParameter(name, parameter, places, ['parameters', name], problems),
  );
  const hurt = new Set(leftOut.filter(isStepPart).map(([, name]) => String(name)));
  return { value, places, written, tools, parameters, problems, warnings: [], hurt };
}

function isStepPart(path: DocumentPath): boolean {
  return path[0] === 'steps' && path.length > 1;
}

function buildWorkflow(context: ParseContext, text: string, file: string): Workflow {
  const { value, places, parameters } = context;
  const collections = buildCollections(context);
  for (const [section, what] of [
    ['steps', 'step'],
    ['collections', 'collection'],
  ] as const) {
    const written = plainAt(context.written, [section]);
    if (!isPlainMap(written) || Object.keys(written).length > 0) continue;
    report(context, 'nothing-there', `the workflow has no ${what}`, places.key([section]));
  }
  const steps = buildSteps(context, collections);
  checkAcknowledged(context);
  checkFetch(context, steps);
  warnUnusedParameters(context, steps);
  const { name, description, acknowledge = [] } = value;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
    collections,
    steps,
    acknowledged: acknowledge,
    fetch: listOf(value.fetch),
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
    text,
  };
}

function checkAcknowledged(context: ParseContext): void {
  const known = [...new Set([...Object.keys(context.parameters), ...Object.keys(acquisitionFields)])];
  for (const [i, name] of (context.value.acknowledge ?? []).entries()) {
    if (known.includes(name)) continue;
    const place = context.places.at(['acknowledge', i]);
    report(
      context,
      'unknown-parameter',
      `there is no parameter \`${name}\` to acknowledge`,
      place,
      among(name, known),
    );
  }
}

/** As the file reads, so that the first problem is the first line to mend. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const at = ({ place }: Problem): number => (place === undefined ? 0 : place.line * 10_000 + place.column);
  return [...problems].sort((a, b) => at(a) - at(b));
}
