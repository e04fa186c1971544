import type { PlannedRun } from '../../run/index.ts';
import { renderTable } from './table.ts';

type Steps = PlannedRun['plan']['steps'];
type Rule = NonNullable<NonNullable<Steps[number]['retry']>[keyof NonNullable<Steps[number]['retry']>]>;

/** What steps say of failures: a table, or nothing where none says anything. */
export function renderPolicy(steps: Steps, room: number): string {
  const rows = steps.flatMap(({ name, retry = {}, onFailure }) => [
    ...Object.entries(retry).map(([failure, rule]) => [name, failure, describeRule(rule)]),
    ...(onFailure === undefined || onFailure === 'skip' ? [] : [[name, 'for good', onFailures[onFailure]]]),
  ]);
  return rows.length === 0 ? '' : renderTable(['step', 'on failure', 'what is done'], rows, room);
}

const onFailures = { stop: 'the run stops', continue: 'groups go on without it' } as const;

function describeRule({ times, memory, time, node, partition }: Rule): string {
  if (times === 0) return 'not tried again';
  const often =
    times === undefined ? 'tried again' : `tried again ${times === 1 ? 'once' : `${times} times`}`;
  const changes = [
    ...(memory === undefined ? [] : [`memory ×${memory}`]),
    ...(time === undefined ? [] : [`time ×${time}`]),
  ];
  return [
    often,
    ...(changes.length === 0 ? [] : [`with ${changes.join(', ')}`]),
    ...(node === undefined ? [] : ['on another node']),
    ...(partition === undefined ? [] : [`in partition ${partition}`]),
  ].join(' ');
}
