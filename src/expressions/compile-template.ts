import { dottedName, type Expression } from './expression.ts';
import { expressionLimits } from './limits.ts';
import { type Token, tokensOf } from './nunjucks-syntax.ts';
import { parseExpression } from './parse-expression.ts';
import { TemplateFault } from './template-fault.ts';

/** A text with values in it, read and checked in form, nothing evaluated. */
export interface Template {
  readonly text: string;
  readonly parts: readonly TemplatePart[];
  /** Every name used, each once: `angle`, `inputs.image`; of `x[y].z` the fixed beginnings `x` and `y`. */
  readonly names: readonly string[];
  /** Where each name stands, in the order of the text. */
  readonly uses: readonly NameUse[];
}

export type TemplatePart = LiteralPart | ExpressionPart;

export interface LiteralPart {
  readonly literal: string;
  readonly offset: number;
}

export interface ExpressionPart {
  readonly expression: Expression;
  /** As written between the braces. */
  readonly source: string;
  /** Set when the expression is only a name: `inputs.image`. */
  readonly name?: string;
  readonly offset: number;
}

export interface NameUse {
  readonly name: string;
  /** Characters from the start of the text. */
  readonly offset: number;
}

export type Compiled = { readonly ok: true; readonly template: Template } | CompileFault;

/** Why a template cannot be used. Line and column count from 1, offset and length are characters. */
export interface CompileFault {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a template: text in which each `{{ expression }}` stands for a value. `{# … #}` is a comment, unless
 * `comments` is false, as it is for scripts, where the shell's `${#name}` must stay what it is.
 */
export function compileTemplate(text: string, options: { readonly comments?: boolean } = {}): Compiled {
  try {
    return { ok: true, template: readTemplate(text, options.comments ?? true) };
  } catch (error) {
    return describe(error, text);
  }
}

function readTemplate(text: string, comments: boolean): Template {
  if (text.length > expressionLimits.characters) {
    throw new TemplateFault(
      'template-too-long',
      `the text has ${text.length} characters, at most ${expressionLimits.characters} are read`,
      0,
    );
  }
  if (text.includes('\u0000'))
    throw new TemplateFault('bad-template', 'the text holds a NUL character', text.indexOf('\u0000'));
  const parts = text.includes('{') || text.includes('#}') ? [...partsOf(text, comments)] : plain(text);
  const uses = parts.flatMap((part) => ('literal' in part ? [] : [...usesOf(part.expression)]));
  return { text, parts, uses, names: [...new Set(uses.map((use) => use.name))] };
}

function plain(text: string): TemplatePart[] {
  return text === '' ? [] : [{ literal: text, offset: 0 }];
}

/** Only the inside of `{{ }}` is given to the parser, after its tokens were counted: the parser recurses. */
function* partsOf(text: string, comments: boolean): Generator<TemplatePart> {
  let open: number | undefined;
  let counter = new Counter();
  for (const token of tokensOf(text, comments)) {
    if (token.type === 'variable-start') {
      refuseTrim(text.startsWith('{{-', token.start), token.start);
      open = token.end;
      counter = new Counter();
    } else if (token.type === 'variable-end' && open !== undefined) {
      refuseTrim(text.startsWith('-', token.start), token.start);
      yield expressionPart(text.slice(open, token.start), open);
      open = undefined;
    } else if (token.type === 'block-start') {
      const hint = 'write a value as `{{ }}`; to have the characters themselves, write `{{ "{%" }}`';
      throw new TemplateFault('refused-syntax', 'tags `{% %}` cannot be used', token.start, 2, hint);
    } else if (open !== undefined) {
      counter.count(token);
    } else if (token.type !== 'comment') {
      yield { literal: text.slice(token.start, token.end), offset: token.start };
    }
  }
  if (open !== undefined) throw new TemplateFault('bad-template', '`{{` has no `}}`', open - 2, 2);
}

function refuseTrim(found: boolean, offset: number): void {
  if (!found) return;
  const hint = 'put a space between the braces and the `-`';
  throw new TemplateFault('refused-syntax', '`{{-` and `-}}` cannot be used', offset, 3, hint);
}

function expressionPart(inside: string, at: number): TemplatePart {
  const source = inside.trim();
  const offset = at + inside.length - inside.trimStart().length;
  if (source === '') throw new TemplateFault('bad-template', 'nothing stands between `{{` and `}}`', at);
  const expression = parse(source, offset);
  const name = dottedName(expression);
  return name === undefined ? { expression, source, offset } : { expression, source, name, offset };
}

function parse(source: string, offset: number): Expression {
  try {
    return parseExpression(source, offset);
  } catch (error) {
    if (error instanceof TemplateFault) throw error;
    throw new TemplateFault(
      'bad-template',
      `\`${short(source)}\` cannot be read: ${reason(error)}`,
      offset,
      source.length,
    );
  }
}

/** The parser's own words, without the method names and positions it puts before them. */
function reason(error: unknown): string {
  // The parser trips over some unfinished input with an error of JavaScript's, which says nothing to an author.
  const tripped = !(error instanceof Error) || error instanceof TypeError || error instanceof RangeError;
  if (tripped) return 'it is not finished, or its parts do not fit together';
  const text = error.message;
  return text
    .replace(/^.*\n\s*/s, '')
    .replace(/^(Template render )?Error: |^parse\w+: /g, '')
    .slice(0, 200);
}

function short(source: string): string {
  return source.length > 60 ? `${source.slice(0, 60)}…` : source;
}

const opening: ReadonlySet<string> = new Set(['left-paren', 'left-bracket', 'left-curly']);
const closing: ReadonlySet<string> = new Set(['right-paren', 'right-bracket', 'right-curly']);

/** Counts what makes the parser recurse. */
class Counter {
  #tokens = 0;
  #open = 0;
  #nested = 0;

  count(token: Token): void {
    const limit = expressionLimits;
    if (token.type === 'whitespace') return;
    if (++this.#tokens > limit.tokens)
      throw new TemplateFault('too-long', `the expression has more than ${limit.tokens} parts`, token.start);
    if (opening.has(token.type)) this.#open++;
    if (closing.has(token.type)) this.#open--;
    if (token.value === 'not' || token.value === 'if' || token.value === '-' || token.value === '+')
      this.#nested++;
    if (this.#open > limit.depth)
      throw new TemplateFault(
        'too-deep',
        `more than ${limit.depth} brackets stand inside one another`,
        token.start,
      );
    if (this.#nested > limit.chain)
      throw new TemplateFault(
        'too-deep',
        `more than ${limit.chain} signs, \`not\`s and \`if\`s`,
        token.start,
      );
  }
}

function* usesOf(expression: Expression): Generator<NameUse> {
  const name = dottedName(expression);
  if (name !== undefined) {
    yield { name, offset: rootOffset(expression) };
    return;
  }
  for (const child of childrenOf(expression)) yield* usesOf(child);
}

function rootOffset(expression: Expression): number {
  if (expression.kind === 'lookup') return rootOffset(expression.target);
  return expression.kind === 'name' ? expression.offset : 0;
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'lookup':
      return [expression.target, expression.key];
    case 'list':
      return expression.entries;
    case 'sign':
    case 'not':
      return [expression.target];
    case 'logic':
    case 'binary':
      return [expression.left, expression.right];
    case 'if':
      return [expression.condition, expression.yes, expression.no];
    case 'filter':
      return [expression.input, ...expression.options];
  }
}

function describe(error: unknown, text: string): CompileFault {
  const fault =
    error instanceof TemplateFault
      ? error
      : new TemplateFault('bad-template', `the text cannot be read: ${reason(error)}`, 0);
  const before = text.slice(0, fault.offset).split('\n');
  return {
    ok: false,
    code: fault.code,
    message: fault.message,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    offset: fault.offset,
    length: Math.max(1, fault.length),
  };
}
