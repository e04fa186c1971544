/** Cuts 0…n into at most `pieces` runs of nearly equal length. */
export function cutEvenly(n: number, pieces: number): { readonly from: number; readonly to: number }[] {
  const count = Math.max(1, Math.min(n, pieces));
  return Array.from({ length: count }, (_, i) => ({
    from: Math.floor((i * n) / count),
    to: Math.floor(((i + 1) * n) / count),
  }));
}
