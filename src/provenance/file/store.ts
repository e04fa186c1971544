import type Database from 'better-sqlite3';

type SqlValue = string | number | null | Uint8Array;

/** A connection whose statements are prepared once. The only thing in this room that speaks SQL to the driver. */
export interface Store {
  readonly database: Database.Database;
  one<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[];
  /** Returns the rowid of the last insert. */
  run(sql: string, ...values: readonly SqlValue[]): number;
  /** Returns the number of rows that the statement changed. */
  change(sql: string, ...values: readonly SqlValue[]): number;
}

export function createStore(database: Database.Database): Store {
  const prepared = new Map<string, Database.Statement<SqlValue[]>>();
  const statement = (sql: string): Database.Statement<SqlValue[]> => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = database.prepare<SqlValue[]>(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  // The two casts: what a query returns is known by its text alone; the tests read every one of them.
  return {
    database,
    one: <Row>(sql: string, ...values: SqlValue[]) => statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: SqlValue[]) => statement(sql).all(...values) as Row[],
    run: (sql, ...values) => Number(statement(sql).run(...values).lastInsertRowid),
    change: (sql, ...values) => statement(sql).run(...values).changes,
  };
}
