/**
 * The entries that all records hold with equal values: what a group of items may say of itself. `same` compares two
 * values; the first record's value is kept.
 */
export function agree<T>(
  records: readonly Readonly<Record<string, T>>[],
  same: (a: T, b: T) => boolean,
): Readonly<Record<string, T>> {
  const [first, ...others] = records;
  if (first === undefined) return {};
  const agreed = Object.entries(first).filter(([name, value]) =>
    others.every((other) => {
      const theirs = Object.hasOwn(other, name) ? other[name] : undefined;
      return theirs !== undefined && same(value, theirs);
    }),
  );
  return Object.fromEntries(agreed);
}
