/** `0-2,7` → 0, 1, 2, 7, as Slurm writes indices; a step (`0-8:4`) and a limit (`%3`) are understood. Undefined: cut short. */
export function parseRanges(text: string): readonly number[] | undefined {
  const indices: number[] = [];
  for (const part of text.replace(/%\d+$/, '').split(',')) {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (match?.[1] === undefined) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    for (let index = first; index <= last; index += Number(match[3] ?? 1)) indices.push(index);
  }
  return indices;
}

/** Indices → the shortest list of ranges. */
export function buildRanges(indices: readonly number[]): string {
  const isSorted = indices.every((index, at) => at === 0 || (indices[at - 1] ?? 0) < index);
  const sorted = isSorted ? indices : [...new Set(indices)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while ((sorted[end + 1] ?? Number.NaN) === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === at ? `${sorted[at]}` : `${sorted[at]}-${sorted[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}
