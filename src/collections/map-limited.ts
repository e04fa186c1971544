/** Maps in order with at most `width` calls at once; the first error stops what has not begun. What comes at once is not waited for. */
export async function mapLimited<T, R>(
  items: readonly T[],
  width: number,
  map: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let stopped = false;
  const work = async () => {
    while (next < items.length && !stopped) {
      const index = next++;
      const item = items[index];
      if (item === undefined) continue;
      try {
        const made = map(item);
        results[index] = made instanceof Promise ? await made : made;
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
