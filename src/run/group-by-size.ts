/** Files that travel together in one stream: a break costs at most one group. bytes */
const smallFile = 16 * 1024 ** 2;
const groupBytes = 128 * 1024 ** 2;
const groupFiles = 1000;

/** Small files together, large ones alone, in the order given. */
export function groupBySize<T extends { readonly size: number }>(
  files: readonly T[],
): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const file of files) {
    if (file.size > smallFile) {
      groups.push([file]);
      continue;
    }
    if (group.length >= groupFiles || bytes + file.size > groupBytes) {
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    group.push(file);
    bytes += file.size;
  }
  return group.length > 0 ? [...groups, group] : groups;
}
