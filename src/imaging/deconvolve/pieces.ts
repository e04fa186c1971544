/** Enough pieces that no thread waits long for the last one, few enough that messages cost nothing. */
const mostPieces = 32;

/** Cuts `count` items into ranges. The cut never depends on the number of threads, or sums would. */
export function pieces(count: number): { from: number; to: number }[] {
  const size = Math.ceil(count / mostPieces);
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    from: i * size,
    to: Math.min(count, (i + 1) * size),
  }));
}
