/**
 * YAML files the user writes: text → a value of a schema, with the place of every part, or all problems together. It
 * refuses by counted limits before the parser can be hurt. It must not know what the files are about: workflows, tools
 * and sites bring their own schemas.
 */
export type { DocumentPath, Places } from './places.ts';
export { at as plainAt, isPlainMap, type PlainValue } from './plain-path.ts';
export type { PartlyRead, YamlFile } from './read-yaml.ts';
export { readYaml, readYamlPartly } from './read-yaml.ts';
export { renderProblem } from './render-problem.ts';
