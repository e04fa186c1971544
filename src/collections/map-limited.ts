/** Maps in order with at most `width` calls at once; the first error stops what has not begun. */
export async function mapLimited<T, R>(
  items: readonly T[],
  width: number,
  map: (item: T) => Promise<R>,
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
        results[index] = await map(item);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
