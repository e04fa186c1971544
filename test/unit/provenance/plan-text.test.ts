import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KeyParts, Plan } from '../../../src/model/index.ts';
import { decodePlan, encodePlan } from '../../../src/provenance/index.ts';
import { keyPartsOf, newLedger, planned, smallPlan } from './story.ts';

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const keysOf = (plan: Plan): ReadonlyMap<string, KeyParts> =>
  new Map(plan.tasks.map((task) => [task.staticKey, keyPartsOf(task)]));

/** As it was written first: all of a task on its line, and the keys behind them. */
function formatOne({ tasks, ...header }: Plan, keyParts: ReadonlyMap<string, KeyParts>): string {
  const keys = [...keyParts].map(([staticKey, parts]) => ({ staticKey, parts }));
  return `${[header, ...tasks, ...keys].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

test('a plan is a line for itself, one for each task before which stands what it shares, and is read as it was written', () => {
  const plan = smallPlan(['a', 'two\nlines “é”']);
  const keyParts = keysOf(plan);
  const bytes = encodePlan(plan, keyParts);
  const lines = textOf(bytes).trimEnd().split('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    format: 2,
    workflow: plan.workflow,
    steps: plan.steps,
    parameters: plan.parameters,
  });
  const kinds = lines.slice(1).map((line) => {
    const { shared, id } = JSON.parse(line);
    return shared ?? id;
  });
  const first = ['values', 'command', 'resources', 'key', 'deskew:1', 'deskew:2'];
  expect(kinds).toEqual([...first, 'command', 'key', 'deconvolve:1', 'deconvolve:2']);
  expect(lines[5]).toMatch(/^\{"id":"deskew:1",/);
  expect(lines[10]).toContain('"values":0,"command":1,"resources":0,');
  expect(decodePlan(bytes)).toEqual({ plan, keyParts });
  expect(decodePlan(lines.join('\n'))).toEqual({ plan, keyParts });
});

test('checks and variables of a task are shared, and absent where it has none', () => {
  const plan = smallPlan(['a', 'b', 'c']);
  const more = { checks: [{ kind: 'words' as const, words: [[{ text: 'test' }]] }], environment: { A: 'b' } };
  const tasks = plan.tasks.map((task, at) => (at === 1 ? task : { ...task, ...more }));
  const read = decodePlan(encodePlan({ ...plan, tasks }, new Map())).plan;
  expect(read.tasks).toEqual(tasks);
  expect(Object.keys(read.tasks[1] ?? {})).not.toContain('checks');
});

test('a key that its task does not tell stands on a line of its own', () => {
  const plan = smallPlan(['a']);
  const [first] = plan.tasks;
  const other = { ...keyPartsOf(plan.tasks[0] ?? never()), outputs: { image: 'elsewhere.tif' } };
  const keyParts = new Map([[first?.staticKey ?? '', other]]);
  const bytes = encodePlan(plan, keyParts);
  expect(textOf(bytes).trimEnd().split('\n').at(-1)).toBe(
    JSON.stringify({ staticKey: first?.staticKey, parts: other }),
  );
  expect(decodePlan(bytes)).toEqual({ plan, keyParts });
});

test('what differs from task to task stands in the tasks, once there is much of it', () => {
  const plan = smallPlan(Array.from({ length: 1500 }, (_, at) => `item ${at}`));
  const tasks = plan.tasks.map((task, at) => ({
    ...task,
    command: { kind: 'words' as const, words: [[{ text: String(at) }]] },
  }));
  const bytes = encodePlan({ ...plan, tasks }, new Map());
  expect(textOf(bytes).match(/\{"shared":"command"/g)).toHaveLength(1024);
  expect(decodePlan(bytes).plan.tasks).toEqual(tasks);
});

test('more tasks than fit into one piece of text are all written, in order', () => {
  const labels = Array.from({ length: 2500 }, (_, i) => `item ${i}`);
  const plan = smallPlan(labels);
  expect(decodePlan(encodePlan(plan, new Map())).plan.tasks.map(({ id }) => id)).toEqual(
    plan.tasks.map(({ id }) => id),
  );
});

test('equal plans are equal texts, whatever their tasks share in memory', () => {
  const plan = smallPlan(['a', 'b']);
  const apart: Plan = JSON.parse(JSON.stringify(plan));
  const shared = decodePlan(encodePlan(plan, keysOf(plan)));
  expect(textOf(encodePlan(apart, keysOf(apart)))).toBe(textOf(encodePlan(plan, keysOf(plan))));
  expect(textOf(encodePlan(shared.plan, shared.keyParts))).toBe(textOf(encodePlan(plan, keysOf(plan))));
});

test('a plan of the first format is read, and gives the same rows', () => {
  const plan = smallPlan(['a', 'b']);
  const { event, blob } = planned('r1', plan);
  const old = formatOne(plan, keysOf(plan));
  expect(decodePlan(old)).toEqual(decodePlan(blob));
  const rows = (planSha256: string, text: string | Uint8Array) => {
    const ledger = newLedger();
    ledger.append([{ ...event, planSha256 }], [text]);
    const tasks = ledger.tasks('r1').map(({ task }) => ledger.task('r1', task));
    const keys = plan.tasks.map(({ staticKey }) => ledger.keyParts(staticKey));
    const found = plan.tasks.map(({ id }) => ledger.plannedTask('r1', id));
    expect(ledger.rebuild()).toBe(1);
    expect(ledger.tasks('r1').map(({ task }) => ledger.task('r1', task))).toEqual(tasks);
    return { tasks, keys, found };
  };
  const before = rows(createHash('sha256').update(old).digest('hex'), old);
  expect(before.found).toEqual(plan.tasks);
  expect(before.keys).toEqual(plan.tasks.map(keyPartsOf));
  expect(rows(event.planSha256, blob)).toEqual(before);
});

test('a plan of a later format, or with a part that is not there, is refused', () => {
  const plan = smallPlan(['a']);
  const text = textOf(encodePlan(plan, keysOf(plan)));
  expect(() => decodePlan(text.replace('"format":2', '"format":3'))).toThrow(/format 3.*reads 1 and 2/);
  expect(() => decodePlan(text.replace('"command":0', '"command":7'))).toThrow(/no command of the number 7/);
});

function never(): never {
  throw new Error('the plan has no task');
}
