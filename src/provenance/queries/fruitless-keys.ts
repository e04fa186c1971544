import type { Store } from '../file/store.ts';

/**
 * Static keys of which it is known that nothing has succeeded. A run asks for all of its keys when it is planned and again when
 * its arrays are made, a moment later: the second time nothing is looked up.
 */
export class FruitlessKeys {
  readonly #store: Store;
  readonly #keys = new Set<string>();
  #version = -1;

  constructor(store: Store) {
    this.#store = store;
  }

  /** This connection has written what may be a success. */
  forget(): void {
    this.#keys.clear();
  }

  /** Those keys of the list that `find` finds, which is asked only for what is not known to be fruitless. */
  without(
    list: readonly string[],
    find: (keys: readonly string[]) => ReadonlySet<string>,
  ): ReadonlySet<string> {
    // Another number after each commit of another connection.
    const version = Number(this.#store.database.pragma('data_version', { simple: true }));
    if (version !== this.#version) this.forget();
    this.#version = version;
    const open = list.filter((key) => !this.#keys.has(key));
    if (open.length === 0) return new Set();
    const found = find(open);
    for (const key of open) if (!found.has(key)) this.#keys.add(key);
    return found;
  }
}
