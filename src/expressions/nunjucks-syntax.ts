import nunjucks from 'nunjucks';

/**
 * nunjucks reads the syntax and no more: its lexer and parser turn text into a tree, its compiler (which would make
 * JavaScript of the author's text) is never called. Neither is typed by its package, so what comes back is looked at
 * before it is believed.
 */
export interface Token {
  readonly type: string;
  readonly value: unknown;
  /** Characters from the start of the text. */
  readonly start: number;
  readonly end: number;
}

interface Tokenizer {
  readonly index: number;
  nextToken(): { readonly type: string; readonly value: unknown } | null;
}

interface Syntax {
  readonly parser: { parse(text: string): unknown };
  readonly lexer: { lex(text: string, options: unknown): Tokenizer };
}

function hasSyntax(library: unknown): library is Syntax {
  return typeof library === 'object' && library !== null && 'parser' in library && 'lexer' in library;
}

function syntax(): Syntax {
  const library: unknown = nunjucks;
  if (!hasSyntax(library)) throw new TypeError('this nunjucks has no parser to call');
  return library;
}

/** Control characters stand for the comment marks where `{#` must stay text, as in the shell's `${#name}`. */
const noComments = { tags: { commentStart: '\u0000{', commentEnd: '\u0000}' } };

export function* tokensOf(text: string, comments: boolean): Generator<Token> {
  const tokenizer = syntax().lexer.lex(text, comments ? {} : noComments);
  while (true) {
    const start = tokenizer.index;
    const token = tokenizer.nextToken();
    if (token === null) return;
    yield { type: token.type, value: token.value, start, end: tokenizer.index };
  }
}

/** A node of the parser's tree; its fields are unknown until looked at. */
export type SyntaxNode = { readonly typename: string } & Readonly<Record<string, unknown>>;

export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === 'object' && value !== null && 'typename' in value && typeof value.typename === 'string'
  );
}

/** Parses the inside of one `{{ }}`; throws what the parser throws. The tree's columns count from `columnShift`. */
export function parseSyntax(source: string): unknown {
  return syntax().parser.parse(`{{${' '}${source} }}`);
}

/** How many characters `parseSyntax` puts before the source on its first line. */
export const columnShift = 3;
