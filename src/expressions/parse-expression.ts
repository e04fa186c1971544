import { suggest } from '../model/index.ts';
import type { BinaryOperator, Expression } from './expression.ts';
import { filterNames } from './filters.ts';
import { expressionLimits } from './limits.ts';
import { columnShift, isSyntaxNode, parseSyntax, type SyntaxNode } from './nunjucks-syntax.ts';
import { TemplateFault } from './template-fault.ts';

/**
 * The inside of one `{{ }}` → an expression. Only what is named below gets through; every other node of the
 * parser's tree (calls, regular expressions, dictionaries, tests, tags …) is refused by name.
 *
 * @param at where the source starts in the template, for faults
 */
export function parseExpression(source: string, at: number): Expression {
  const root = parseSyntax(source);
  const output = onlyChild(onlyChild(root));
  if (output === undefined) throw new TemplateFault('bad-template', 'one `{{ }}` holds one expression', at);
  return new ExpressionReader(source, at).read(output, 0);
}

function onlyChild(node: unknown): SyntaxNode | undefined {
  if (!isSyntaxNode(node) || !Array.isArray(node.children) || node.children.length !== 1) return undefined;
  const child: unknown = node.children[0];
  return isSyntaxNode(child) ? child : undefined;
}

const arithmetic: Readonly<Record<string, BinaryOperator>> = {
  Add: '+',
  Sub: '-',
  Mul: '*',
  Div: '/',
  FloorDiv: '//',
  Mod: '%',
  Pow: '**',
  Concat: '~',
  In: 'in',
};

const comparisons: Readonly<Record<string, BinaryOperator>> = {
  '==': '==',
  '===': '==',
  '!=': '!=',
  '!==': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

const refused: Readonly<Record<string, string>> = {
  FunCall: 'calls',
  Dict: 'dictionaries',
  Is: 'tests with `is`',
};

class ExpressionReader {
  readonly #source: string;
  readonly #at: number;
  readonly #lineStarts: readonly number[];

  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
    this.#lineStarts = [-columnShift, ...[...source.matchAll(/\n/g)].map((found) => found.index + 1)];
  }

  read(node: unknown, depth: number): Expression {
    if (!isSyntaxNode(node)) throw new TemplateFault('bad-template', 'something is missing here', this.#at);
    if (depth > expressionLimits.chain)
      throw this.#fault(
        node,
        'too-deep',
        `more than ${expressionLimits.chain} operators stand inside one another`,
      );
    const next = (child: unknown): Expression => this.read(child, depth + 1);
    const operator = own(arithmetic, node.typename);
    if (operator !== undefined)
      return { kind: 'binary', operator, left: next(node.left), right: next(node.right) };
    switch (node.typename) {
      case 'Literal':
        return this.#literal(node);
      case 'Symbol':
        return { kind: 'name', name: String(node.value), offset: this.#offset(node) };
      case 'LookupVal':
        return { kind: 'lookup', target: next(node.target), key: next(node.val) };
      case 'Array':
        return { kind: 'list', entries: children(node).map(next) };
      case 'Group':
        return this.#group(node, next);
      case 'Neg':
      case 'Pos':
        return { kind: 'sign', negative: node.typename === 'Neg', target: next(node.target) };
      case 'Not':
        return { kind: 'not', target: next(node.target) };
      case 'And':
      case 'Or':
        return {
          kind: 'logic',
          operator: node.typename === 'And' ? 'and' : 'or',
          left: next(node.left),
          right: next(node.right),
        };
      case 'Compare':
        return this.#comparison(node, next);
      case 'InlineIf':
        return this.#inlineIf(node, next);
      case 'Filter':
        return this.#filter(node, next);
      default:
        throw this.#fault(
          node,
          'refused-syntax',
          `${own(refused, node.typename) ?? `\`${node.typename}\``} cannot be used in an expression`,
        );
    }
  }

  #literal(node: SyntaxNode): Expression {
    const value = node.value;
    if (value === null || typeof value === 'string' || typeof value === 'boolean')
      return { kind: 'literal', value };
    if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'literal', value };
    throw this.#fault(
      node,
      'refused-syntax',
      'only texts, numbers, `true`, `false` and `none` can be written out',
    );
  }

  #group(node: SyntaxNode, next: (child: unknown) => Expression): Expression {
    const [first, second] = children(node);
    if (second !== undefined || first === undefined)
      throw this.#fault(node, 'refused-syntax', 'parentheses hold one expression; write a list as `[a, b]`');
    return next(first);
  }

  #comparison(node: SyntaxNode, next: (child: unknown) => Expression): Expression {
    const [operand, second] = Array.isArray(node.ops) ? node.ops : [];
    const operator = isSyntaxNode(operand) ? own(comparisons, String(operand.type)) : undefined;
    if (!isSyntaxNode(operand) || operator === undefined)
      throw this.#fault(node, 'refused-syntax', 'this comparison is not known');
    if (second !== undefined)
      throw this.#fault(
        node,
        'refused-syntax',
        'compare two values at a time, and join comparisons with `and`',
      );
    return { kind: 'binary', operator, left: next(node.expr), right: next(operand.expr) };
  }

  #inlineIf(node: SyntaxNode, next: (child: unknown) => Expression): Expression {
    if (!isSyntaxNode(node.else_))
      throw this.#fault(node, 'refused-syntax', 'an `if` needs its `else`, so that there is always a value');
    return { kind: 'if', condition: next(node.cond), yes: next(node.body), no: next(node.else_) };
  }

  #filter(node: SyntaxNode, next: (child: unknown) => Expression): Expression {
    const name = isSyntaxNode(node.name) ? String(node.name.value) : '';
    if (!filterNames.includes(name)) {
      const near = suggest(name, filterNames);
      const hint = `${near === undefined ? '' : `did you mean \`${near}\`? `}There are: ${filterNames.join(', ')}`;
      throw this.#fault(node, 'unknown-filter', `there is no filter \`${name}\``, hint);
    }
    const [input, ...options] = isSyntaxNode(node.args) ? children(node.args) : [];
    return { kind: 'filter', name, input: next(input), options: options.map(next) };
  }

  #offset(node: SyntaxNode): number {
    const line = typeof node.lineno === 'number' ? node.lineno : 0;
    const column = typeof node.colno === 'number' ? node.colno : 0;
    const offset = (this.#lineStarts[line] ?? 0) + column;
    return this.#at + Math.min(Math.max(offset, 0), this.#source.length);
  }

  #fault(node: SyntaxNode, code: string, message: string, hint?: string): TemplateFault {
    return new TemplateFault(code, message, this.#offset(node), 1, hint);
  }
}

function children(node: SyntaxNode): readonly unknown[] {
  return Array.isArray(node.children) ? node.children : [];
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
