import { expect } from 'vitest';
import { type Expanded, type ExpandOptions, expand } from '../../../../src/compiler/expand/expand.ts';
import type {
  Acquisition,
  Checked,
  Collection,
  DimensionType,
  Item,
  Parameter,
  Place,
  Problem,
  Scalar,
  SourceRef,
  Step,
  Task,
  Tool,
  ToolInput,
  ToolOutput,
  Workflow,
} from '../../../../src/model/index.ts';

/** Small workflows and collections, written as values, for the tests of the expansion. */

function place(line: number): Place {
  return { file: '/lab/cells.yaml', line, column: 3, length: 1, source: '' };
}

export function parameter(given: Partial<Parameter> = {}): Parameter {
  return { type: 'number', optional: false, ...given };
}

export function input(given: Partial<ToolInput> = {}): ToolInput {
  return { type: 'file', many: false, optional: false, ...given };
}

export function output(name: string): ToolOutput {
  return { type: 'file', name, check: { minSize: 1 } };
}

export function tool(given: Partial<Tool> = {}): Tool {
  return {
    name: 'deskew',
    version: '1.0',
    summary: 'straightens stacks',
    logWithout: [],
    inputs: { image: input() },
    outputs: { image: output('{{ inputs.image | stem }}_deskewed.tif') },
    parameters: {},
    command: { words: ['deskew', '{{ inputs.image }}', '{{ outputs.image }}'] },
    resources: {},
    environment: {},
    cacheVersion: 0,
    sha256: 'f'.repeat(64),
    source: '/tools/deskew.yaml',
    ...given,
  };
}

/** `raw` is a collection, `deskew.image` an output. */
export function from(text: string): SourceRef {
  const [name = '', out] = text.split('.');
  return out === undefined
    ? { kind: 'collection', name, place: place(1) }
    : { kind: 'output', step: name, output: out, place: place(1) };
}

export function step(given: Partial<Omit<Step, 'with'>> & { with?: Record<string, Scalar> } = {}): Step {
  const values = Object.entries(given.with ?? {}).map(([name, value]) => [name, { value, place: place(12) }]);
  return {
    name: 'deskew',
    tool: tool(),
    ...(given.group === undefined ? { forEach: from('raw') } : {}),
    inputRole: 'image',
    match: [],
    resources: {},
    environment: {},
    outputNames: {},
    fuse: true,
    logWithout: [],
    place: place(10),
    ...given,
    with: Object.fromEntries(values),
  };
}

function workflow(given: Partial<Workflow> = {}): Workflow {
  const source = { split: [], place: place(5) };
  return {
    name: 'cells',
    parameters: {},
    collections: {
      raw: { name: 'raw', role: 'data', pattern: '{cell}_t{time:int}.tif', ...source },
      psf: { name: 'psf', role: 'calibration', pattern: 'psf_ch{channel:int}.tif', ...source },
    },
    steps: [step()],
    acknowledged: [],
    fetch: [],
    file: '/lab/cells.yaml',
    sha256: 'e'.repeat(64),
    text: '',
    ...given,
  };
}

export interface ItemGiven {
  readonly dims?: Readonly<Record<string, Scalar>>;
  readonly tags?: Readonly<Record<string, Scalar>>;
  readonly row?: number;
  readonly acquisition?: Acquisition;
  readonly size?: number;
  readonly mtimeMs?: number;
}

export function item(path: string, given: ItemGiven = {}): Item {
  const { dims = {}, tags = {}, acquisition = {}, size = 1000, mtimeMs = 1_700_000_000_000, row } = given;
  return {
    label: path.slice(path.lastIndexOf('/') + 1),
    location: path,
    dims,
    tags,
    ...(row === undefined ? {} : { row }),
    acquisition,
    file: { site: 'local', path, size, mtimeMs, inode: '7' },
  };
}

const dimensionType: DimensionType = 'text';

export function collection(name: string, items: readonly Item[]): Collection {
  const role = name === 'psf' ? 'calibration' : 'data';
  const dimensions = Object.keys(items[0]?.dims ?? {}).map((dim) => ({ name: dim, type: dimensionType }));
  return { name, role, dimensions, items, ignored: [] };
}

/** One stack, `a_t1.tif`, with the given facts. */
export function oneItem(given: ItemGiven = {}): readonly Item[] {
  return [item('/data/a_t1.tif', { dims: { cell: 'a', time: 1 }, ...given })];
}

export function times(...all: readonly number[]): readonly Item[] {
  return all.map((time) => item(`/data/a_t${time}.tif`, { dims: { cell: 'a', time } }));
}

export interface Given {
  readonly workflow?: Partial<Workflow>;
  readonly raw?: readonly Item[];
  readonly psf?: readonly Item[];
  readonly options?: Partial<ExpandOptions>;
}

function tryExpand(given: Given): Checked<Expanded> {
  const collections = {
    raw: collection('raw', given.raw ?? oneItem()),
    ...(given.psf === undefined ? {} : { psf: collection('psf', given.psf) }),
  };
  return expand(workflow(given.workflow), collections, { set: {}, acknowledge: [], ...given.options });
}

export function expandWell(given: Given): Expanded & { readonly warnings: readonly Problem[] } {
  const checked = tryExpand(given);
  if (!checked.ok) throw new Error(checked.problems.map((problem) => problem.message).join('\n'));
  return { ...checked.value, warnings: checked.warnings };
}

export function tasksOf(given: Given): readonly Task[] {
  return expandWell(given).plan.tasks;
}

export function onlyTask(given: Given): Task {
  const tasks = tasksOf(given);
  expect(tasks).toHaveLength(1);
  const [task] = tasks;
  if (task === undefined) throw new Error('there is no task');
  return task;
}

export function problemsOf(given: Given): readonly Problem[] {
  const checked = tryExpand(given);
  expect(checked.ok).toBe(false);
  return checked.ok ? [] : checked.problems;
}

export function onlyProblem(given: Given): Problem {
  const problems = problemsOf(given);
  expect(problems.map((problem) => problem.message)).toHaveLength(1);
  const [problem] = problems;
  if (problem === undefined) throw new Error('there is no problem');
  return problem;
}
