/**
 * Hardened nunjucks: text with values in it. The syntax is nunjucks', cut down to an allow-list; what evaluates it is
 * our own, over plain data and own properties, with counted limits. It must not know files, tools or workflows, and
 * nothing here ever turns the author's text into JavaScript. Why: docs/decisions/expressions.md.
 */
export type { Compiled, CompileFault, NameUse, Template, TemplatePart } from './compile-template.ts';
export { compileTemplate } from './compile-template.ts';
export type { EvaluatedPart } from './evaluate-template.ts';
export { evaluateCondition, evaluateParts, evaluateText, evaluateValue } from './evaluate-template.ts';
export { filterHelp } from './filters.ts';
export type { KnownNames, UnknownName } from './unknown-names.ts';
export { findUnknownNames } from './unknown-names.ts';
export type { Scope, Value } from './values.ts';
export { valueToText } from './values.ts';
