/** Where in shell text a value would stand: outside quotes, inside double ones, inside single ones. */
export type QuoteContext = 'plain' | 'double' | 'single';

/**
 * Follows shell text piece by piece. Quotes, backslashes, comments and what `$(…)` and `(…)` nest are understood;
 * here-documents are not.
 */
export class QuoteReader {
  /** Innermost last; a bracket inside double quotes begins anew. */
  #stack: QuoteContext[] = ['plain'];
  #before = '\n';

  get context(): QuoteContext {
    return this.#stack.at(-1) ?? 'plain';
  }

  read(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const char = text[at] ?? '';
      if (this.context === 'plain' && char === '#' && /[\s;&|(]/.test(this.#before)) {
        const end = text.indexOf('\n', at);
        if (end < 0) return;
        at = end - 1;
      } else if (char === '\\' && this.context !== 'single') {
        at++;
      } else {
        this.#take(char);
      }
      this.#before = text[at] ?? '';
    }
  }

  /** A value stood here: what follows is no longer the beginning of a word. */
  skip(): void {
    this.#before = 'x';
  }

  #take(char: string): void {
    const { context } = this;
    if (context === 'single') {
      if (char === "'") this.#stack.pop();
    } else if (char === '"') {
      if (context === 'double') this.#stack.pop();
      else this.#stack.push('double');
    } else if (char === "'" && context === 'plain') {
      this.#stack.push('single');
    } else if (char === '(' && (context === 'plain' || this.#before === '$')) {
      this.#stack.push('plain');
    } else if (char === ')' && context === 'plain' && this.#stack.length > 1) {
      this.#stack.pop();
    }
  }
}
