import type { Template } from '../expressions/index.ts';

/** A value that stands where the shell would not take it as one word. */
export interface MisplacedValue {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string;
}

type Context = 'plain' | "'" | '"' | '`' | '${' | '$((' | '$(' | '#' | '<<';

/**
 * Values arrive in a script as `"$1"`, one word each. That is right where the shell reads plain text and wrong inside
 * the author's own quotes, here-documents and expansions: each such place is found by following the shell's quoting.
 */
export function findMisplacedValues(script: Template): readonly MisplacedValue[] {
  const state = new ShellState();
  const found: MisplacedValue[] = [];
  for (const part of script.parts) {
    if ('literal' in part) {
      state.read(part.literal);
      continue;
    }
    const fault = faults[state.context];
    const offset = script.text.lastIndexOf('{{', part.offset);
    const length = script.text.indexOf('}}', part.offset + part.source.length) + 2 - offset;
    const written = `\`{{ ${part.source} }}\``;
    if (fault !== undefined)
      found.push({ offset, length, message: `${written} stands ${fault.where}`, hint: fault.hint });
    state.readValue();
  }
  return found;
}

const takeOut = 'put it into a variable on a line before: `name={{ … }}`, and use `$name`';

const faults: Readonly<Partial<Record<Context, { readonly where: string; readonly hint: string }>>> = {
  "'": { where: 'inside quotes', hint: 'remove the quotes, espalier passes the value as one word' },
  '"': { where: 'inside quotes', hint: 'remove the quotes, espalier passes the value as one word' },
  '`': { where: 'inside back quotes', hint: 'write `$( … )` instead of back quotes' },
  '${': { where: 'inside an expansion in braces', hint: takeOut },
  '$((': { where: 'inside `$(( … ))`', hint: takeOut },
  '<<': { where: 'in a here-document', hint: takeOut },
};

/** Where in the shell's grammar of quotes a text has got to. */
class ShellState {
  /** What is open, the innermost last. */
  #open: Context[] = [];
  #atWordStart = true;
  #escaped = false;
  /** Ends of here-documents announced on this line, and the one being read. */
  #announced: string[] = [];
  #ends: string[] = [];
  #line = '';

  get context(): Context {
    return this.#open.at(-1) ?? 'plain';
  }

  readValue(): void {
    this.#atWordStart = false;
    this.#escaped = false;
    this.#line += 'x';
  }

  read(text: string): void {
    for (let i = 0; i < text.length; ) i += this.#step(text, i);
  }

  /** How many characters were taken. */
  #step(text: string, i: number): number {
    const c = text[i] ?? '';
    if (c === '\n') return this.#newLine();
    this.#line += c;
    if (this.#escaped) {
      this.#escaped = false;
      return 1;
    }
    const context = this.context;
    if (context === '#' || context === '<<') return 1;
    if (context === "'") return this.#closeOn(c, "'");
    if (c === '\\') {
      this.#escaped = true;
      this.#atWordStart = false;
      return 1;
    }
    return context === '"' ? this.#inDouble(text, i, c) : this.#inCode(text, i, c);
  }

  #newLine(): number {
    const line = this.#line.trim();
    this.#line = '';
    this.#escaped = false;
    this.#atWordStart = true;
    if (this.context === '#') this.#open.pop();
    if (this.context === '<<') {
      if (line === this.#ends[0]) this.#ends.shift();
      if (this.#ends.length === 0) this.#open.pop();
    } else if (this.#announced.length > 0 && this.context !== '"' && this.context !== "'") {
      this.#ends = this.#announced;
      this.#announced = [];
      this.#open.push('<<');
    }
    return 1;
  }

  #closeOn(c: string, end: Context): number {
    if (c === end) this.#open.pop();
    return 1;
  }

  #inDouble(text: string, i: number, c: string): number {
    if (c === '"') return this.#closeOn(c, '"');
    return this.#expansion(text, i, c);
  }

  #inCode(text: string, i: number, c: string): number {
    const start = this.#atWordStart;
    this.#atWordStart = /[\s;&|(]/.test(c);
    if (c === '#' && start) return this.#enter('#', 1);
    if (c === "'" || c === '"') return this.#enter(c, 1);
    if (c === '<' && text.startsWith('<<', i) && !text.startsWith('<<<', i)) return this.#announce(text, i);
    const closes = closers[this.context];
    if (closes !== undefined && text.startsWith(closes, i)) {
      this.#open.pop();
      return closes.length;
    }
    if (c === '(' && (this.context === '$(' || this.context === '$((')) return this.#enter('$(', 1);
    return this.#expansion(text, i, c);
  }

  #expansion(text: string, i: number, c: string): number {
    if (c === '`') return this.context === '`' ? this.#closeOn(c, '`') : this.#enter('`', 1);
    for (const opener of ['$((', '$(', '${'] as const) {
      if (text.startsWith(opener, i)) return this.#enter(opener, opener.length);
    }
    return 1;
  }

  #enter(context: Context, length: number): number {
    this.#open.push(context);
    this.#atWordStart = context === '$(';
    return length;
  }

  #announce(text: string, i: number): number {
    const match = /^<<-?[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([\w.-]+))/.exec(text.slice(i, i + 200));
    if (match === null) return 2;
    this.#announced.push(match[1] ?? match[2] ?? match[3] ?? '');
    this.#line += match[0].slice(1);
    return match[0].length;
  }
}

const closers: Readonly<Partial<Record<Context, string>>> = { '$(': ')', '$((': '))', '${': '}', '`': '`' };
