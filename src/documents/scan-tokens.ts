import { Lexer } from 'yaml';
import { documentLimits } from './limits.ts';

/** What the tokens alone tell, before the parser is allowed to see the text. */
export interface Scan {
  /** Why the text is refused, and where. */
  readonly refused?: { readonly code: string; readonly message: string; readonly offset: number };
  /** Offsets of `{{` outside quotes, which YAML reads as a map in a map. */
  readonly unquoted: readonly number[];
}

/**
 * Counts what would make the parser slow or exhaust its stack. The lexer takes linear time and no recursion; the parser
 * takes neither for granted: 10⁵ nested `- ` end the whole process.
 */
export function scanTokens(text: string): Scan {
  const limits = documentLimits;
  const unquoted: number[] = [];
  let [tokens, depth, offset, lineStart, lastBrace] = [0, 0, 0, 0, -1];
  for (const token of new Lexer().lex(text)) {
    if (isControl(token)) continue;
    const refuse = (code: string, message: string): Scan => ({
      refused: { code, message, offset },
      unquoted,
    });
    if (++tokens > limits.tokens) return refuse('too-large', `the file has more than ${limits.tokens} parts`);
    if (token === '[' || token === '{') depth++;
    if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
    if (depth > limits.depth) {
      return refuse('too-deep', `more than ${limits.depth} collections stand inside one another`);
    }
    if (offset - lineStart > limits.indent && (token === '-' || token === '?')) {
      return refuse('too-deep', `a list begins after column ${limits.indent}`);
    }
    if (offset === lineStart && token.length > limits.indent && token.trim() === '') {
      return refuse('too-deep', `the line is indented by more than ${limits.indent} columns`);
    }
    if (token === '{') {
      if (lastBrace === offset - 1) unquoted.push(lastBrace);
      lastBrace = lastBrace === offset - 1 ? -1 : offset;
    }
    offset += token.length;
    const newline = token.lastIndexOf('\n');
    if (newline !== -1) lineStart = offset - token.length + newline + 1;
  }
  return { unquoted };
}

/** Marks the lexer puts between tokens; they are no characters of the text. */
function isControl(token: string): boolean {
  return token === '\u0002' || token === '\u0018' || token === '\u001f';
}
