import { createHash } from 'node:crypto';
import type { SourcedValue } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

/** Text → the id of its row. */
export type Remembered = (text: string) => number;

export function remember(look: Remembered): Remembered {
  const known = new Map<string, number>();
  return (text) => {
    const id = known.get(text) ?? look(text);
    known.set(text, id);
    return id;
  };
}

/** The same for what many share as one object: it is looked at once. */
export function rememberObject<T extends object>(look: (value: T) => number): (value: T) => number {
  const known = new WeakMap<T, number>();
  return (value) => {
    const id = known.get(value) ?? look(value);
    known.set(value, id);
    return id;
  };
}

/** The set of these values (JSON: name → sourced value), made if it is not there. */
export function internValues(store: Store, text: string): number {
  const sha256 = hashText(text);
  const known = store.one<{ id: number }>('select id from param_set where sha256 = ?', sha256);
  if (known !== undefined) return known.id;
  const id = store.run('insert into param_set (sha256) values (?)', sha256);
  const values: Readonly<Record<string, SourcedValue>> = JSON.parse(text);
  const sql = 'insert into param (param_set, name, value, origin, source) values (?, ?, ?, ?, ?)';
  for (const [name, { value, origin, source }] of Object.entries(values)) {
    store.run(sql, id, name, JSON.stringify(value), origin, source);
  }
  return id;
}

export function internKey(store: Store, staticKey: string): number {
  const known = store.one<{ id: number }>('select id from key_part where static_key = ?', staticKey);
  return known?.id ?? store.run('insert into key_part (static_key) values (?)', staticKey);
}

/** The parts of a key that a step's tasks share (JSON). */
export function internCommon(store: Store, parts: string): number {
  const sha256 = hashText(parts);
  const known = store.one<{ id: number }>('select id from key_common where sha256 = ?', sha256);
  return known?.id ?? store.run('insert into key_common (sha256, parts) values (?, ?)', sha256, parts);
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
