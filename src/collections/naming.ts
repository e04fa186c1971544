import { accept, type Checked, type Dimension, type Scalar } from '../model/index.ts';
import { matchJanelia } from './match-janelia.ts';
import { matchPattern, PatternTooHard } from './match-pattern.ts';
import type { NameMatch } from './name-match.ts';
import { type FilePattern, parsePattern } from './parse-pattern.ts';

/** A way to read names: a pattern, or the built-in names of Janelia-design microscopes. */
export interface Naming {
  readonly text: string;
  /** In the order in which items are sorted. Those that no file has are left out of a collection. */
  readonly dimensions: readonly Dimension[];
  readonly depth: number;
  match(path: string): NameMatch;
}

/** The word that stands for the microscope's names in the last part of a pattern: `janelia`, `{day}/janelia`. */
const janelia = 'janelia';

const janeliaDimensions: readonly Dimension[] = [
  { name: 'base', type: 'text' },
  { name: 'iter', type: 'text' },
  { name: 'camera', type: 'text' },
  { name: 'channel', type: 'int' },
  { name: 'wave', type: 'int' },
  { name: 'line', type: 'text' },
  { name: 'x', type: 'int' },
  { name: 'y', type: 'int' },
  { name: 'z', type: 'int' },
  { name: 'time', type: 'int' },
];

/** Reads a `pattern:` of a workflow. With `**`, the folder itself becomes the dimension `folder`. */
export function parseNaming(text: string): Checked<Naming> {
  const folders =
    text === janelia ? '' : text.endsWith(`/${janelia}`) ? text.slice(0, -janelia.length) : undefined;
  if (folders === undefined) {
    const pattern = parsePattern(text);
    return pattern.ok ? accept(patternNaming(pattern.value)) : pattern;
  }
  if (folders === '') return accept(janeliaNaming(text, undefined));
  const pattern = parsePattern(folders);
  return pattern.ok ? accept(janeliaNaming(text, pattern.value)) : pattern;
}

function patternNaming(pattern: FilePattern): Naming {
  const match = (path: string): NameMatch => {
    const dims = hardened(pattern, path);
    if (typeof dims === 'string') return { kind: 'refused', why: dims };
    if (dims === undefined) return { kind: 'ignored', why: 'the name does not match the pattern' };
    return hidden(pattern.text, path) ?? { kind: 'item', dims, tags: {} };
  };
  return { text: pattern.text, dimensions: pattern.dimensions, depth: pattern.depth, match };
}

function janeliaNaming(text: string, folders: FilePattern | undefined): Naming {
  const anyFolder = folders?.parts.some((part) => part.kind === 'folders') === true;
  const match = (path: string): NameMatch => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const folder = path.slice(0, path.length - name.length);
    const dims = folders === undefined ? (folder === '' ? {} : undefined) : hardened(folders, folder);
    if (typeof dims === 'string') return { kind: 'refused', why: dims };
    if (dims === undefined) return { kind: 'ignored', why: 'the folder does not match the pattern' };
    const place = anyFolder ? { folder: folder.replace(/\/$/, '') || '.' } : {};
    return hidden(text, path) ?? withDims({ ...place, ...dims }, matchJanelia(name));
  };
  const own: readonly Dimension[] = anyFolder ? [{ name: 'folder', type: 'text' }] : [];
  const dimensions = [...own, ...(folders?.dimensions ?? []), ...janeliaDimensions];
  return { text, dimensions, depth: folders?.depth ?? 0, match };
}

function withDims(dims: Readonly<Record<string, Scalar>>, found: NameMatch): NameMatch {
  return found.kind === 'item' ? { ...found, dims: { ...dims, ...found.dims } } : found;
}

function hardened(pattern: FilePattern, path: string): Readonly<Record<string, Scalar>> | string | undefined {
  try {
    return matchPattern(pattern, path);
  } catch (error) {
    if (!(error instanceof PatternTooHard)) throw error;
    return 'the pattern is too ambiguous for this name; put more fixed text into it';
  }
}

/** Files such as `._x.tif`, which macOS leaves beside images, are left out unless the pattern asks for them. */
function hidden(pattern: string, path: string): NameMatch | undefined {
  const isHidden = path.startsWith('.') || path.includes('/.');
  if (!isHidden || pattern.startsWith('.') || pattern.includes('/.')) return undefined;
  return { kind: 'ignored', why: 'a hidden file' };
}
