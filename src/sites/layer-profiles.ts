import { type DocumentPath, readYaml, type YamlFile } from '../documents/index.ts';
import { accept, type Checked, type Place, type Problem, refuse } from '../model/index.ts';
import { type SiteFile, type SiteLayer, siteLayerSchema } from './site-schema.ts';

/** A profile as it was found. `file` is for messages. */
export interface ProfileText {
  readonly text: string;
  readonly file: string;
}

interface Layered {
  readonly value: SiteFile;
  readonly placeOf: (path: DocumentPath) => Place;
}

/**
 * A facility's profile and what a person has put over it, as one. Mappings are laid over each other key by key (one partition's
 * time, one image); anything else, lists too, is taken whole from the nearest file that has it.
 */
export function layerProfiles(texts: readonly ProfileText[]): Checked<Layered> {
  const files: YamlFile<SiteLayer>[] = [];
  const problems: Problem[] = [];
  for (const { text, file } of texts) {
    const read = readYaml(text, file, siteLayerSchema);
    if (read.ok) files.push(read.value);
    else problems.push(...read.problems);
  }
  if (problems.length > 0) return refuse(...problems);
  const placeOf = (path: DocumentPath): Place =>
    (files.find(({ places }) => places.has(path)) ?? files[0])?.places.at(path) ?? nowhere(texts);
  const { work, ...rest } = files.reduceRight<SiteLayer>((below, { value }) => layOver(below, value), {});
  if (work !== undefined) return accept({ value: { ...rest, work }, placeOf });
  return refuse({
    code: 'missing-key',
    message: '`work` is missing',
    hint: 'name a directory for runs, on a file system that login host and nodes share: `work: /path`',
    place: placeOf([]),
  });
}

function layOver<T extends object>(below: T, above: T): T {
  const under = new Map<string, unknown>(Object.entries(below));
  const over = Object.entries(above)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const before = under.get(key);
      return [key, isMapping(before) && isMapping(value) ? layOver(before, value) : value];
    });
  return { ...below, ...Object.fromEntries(over) };
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nowhere(texts: readonly ProfileText[]): Place {
  return { file: texts[0]?.file ?? '', line: 1, column: 1, length: 1, source: '' };
}
