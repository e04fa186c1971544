import type { Origin, SourcedValue } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

interface Row {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
  readonly source: string;
}

/** The values of a set, by name. */
export function paramSet(store: Store, set: number): Readonly<Record<string, SourcedValue>> {
  const sql = 'select name, value, origin, source from param where param_set = ? order by name';
  return Object.fromEntries(
    store.all<Row>(sql, set).map(({ name, value, ...from }) => [name, { value: JSON.parse(value), ...from }]),
  );
}
