/** Parts of a path with `/`, without a disk. */

/** Extensions of two parts that belong together. */
const double = /\.(ome\.tiff?|ome\.zarr|nii\.gz|tar\.(?:gz|bz2|xz|zst))$/i;

export function baseName(path: string): string {
  const end = withoutEndSlashes(path);
  return end.slice(end.lastIndexOf('/') + 1);
}

/** `.` where the path has one part only, as `dirname` of the shell answers. */
export function directoryName(path: string): string {
  const end = withoutEndSlashes(path);
  const slash = end.lastIndexOf('/');
  if (slash === -1) return '.';
  return withoutEndSlashes(end.slice(0, slash)) || '/';
}

/** `.tif` of `a.b.tif`, `.ome.tif` of `a.ome.tif`, empty where there is none. A leading dot begins a hidden name. */
export function extension(path: string): string {
  const name = baseName(path);
  const both = double.exec(name);
  if (both !== null && both.index > 0) return both[0];
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot) : '';
}

export function stem(path: string): string {
  const name = baseName(path);
  return name.slice(0, name.length - extension(name).length);
}

/** By index, not by a pattern: a pattern for slashes at the end takes quadratic time on many slashes. */
function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
