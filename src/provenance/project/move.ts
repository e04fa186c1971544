import { mayFollow, type TaskState, taskStateNames } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

export interface Move {
  readonly attempt: number;
  readonly seq: number;
  readonly why?: string;
  readonly message?: string;
}

/** For each state the SQL list of those it may follow, made from the one table of states. */
const predecessors = new Map(
  taskStateNames.map((to) => [
    to,
    taskStateNames
      .filter((from) => mayFollow(from, to))
      .map((name) => `'${name}'`)
      .join(', '),
  ]),
);

/** SQL that is true where a row's state may become `to`. */
export function mayBecome(to: TaskState, column = 'state'): string {
  return `${column} in (${predecessors.get(to) ?? ''})`;
}

/** A late or repeated observation, or one of an attempt before the latest, changes nothing: false. */
export function moveTask(store: Store, task: number, to: TaskState, move: Move): boolean {
  return (
    store.change(
      `update task set state = ?, attempt = ?, why = ?, message = ?, seq = ?, cached_from = null
        where id = ? and attempt <= ? and ${mayBecome(to)}`,
      to,
      move.attempt,
      move.why ?? null,
      move.message ?? null,
      move.seq,
      task,
      move.attempt,
    ) > 0
  );
}

export function moveAttempt(store: Store, attempt: number, to: TaskState, seq: number): boolean {
  const sql = `update attempt set state = ?, seq = ? where id = ? and ${mayBecome(to)}`;
  return store.change(sql, to, seq, attempt) > 0;
}

/** The row of one try, made if it is not there. */
export function ensureAttempt(store: Store, task: number, number: number, seq: number): number {
  const row = searchAttempt(store, task, number);
  if (row !== undefined) return row;
  return store.run(
    `insert into attempt (task, number, state, seq) values (?, ?, 'waiting', ?)`,
    task,
    number,
    seq,
  );
}

export function searchAttempt(store: Store, task: number, number: number): number | undefined {
  return store.one<{ id: number }>('select id from attempt where task = ? and number = ?', task, number)?.id;
}
