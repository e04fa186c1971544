/**
 * Tools: a descriptor in YAML → a checked tool. It knows what a command line is made of, not what runs it; it reads no
 * file (the text is given) and must not know workflows, sites or batch systems.
 */
export { acquisitionFields, normalUnit } from './acquisition-fields.ts';
export { buildParameter } from './build-parameter.ts';
export {
  buildTool,
  buildWord,
  mapValues,
  textsOf,
} from './build-tool.ts';
export { checkTemplate } from './check-template.ts';
export { checkResources, checkTool, checkWords } from './check-tool.ts';
export { type ParsedValue, parseParameterValue } from './parse-parameter-value.ts';
export { parseTool } from './parse-tool.ts';
export { readBatchWord } from './read-batch-word.ts';
export {
  checkSchema,
  containerSchema,
  environmentSchema,
  inputsSchema,
  logWithoutSchema,
  outputsSchema,
  parametersSchema,
  plainName,
  resourcesSchema,
  scalar,
  toolSchema,
  variableName,
  wordsSchema,
} from './tool-schema.ts';
