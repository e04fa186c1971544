/** An expression, as far as the language goes: what is not here cannot be written. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'lookup'; readonly target: Expression; readonly key: Expression }
  | { readonly kind: 'list'; readonly entries: readonly Expression[] }
  | { readonly kind: 'sign'; readonly negative: boolean; readonly target: Expression }
  | { readonly kind: 'not'; readonly target: Expression }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | {
      readonly kind: 'filter';
      readonly name: string;
      readonly input: Expression;
      readonly options: readonly Expression[];
    };

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '//'
  | '%'
  | '**'
  | '~'
  | 'in'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>=';

/** `inputs.image` for a name or a chain of fixed lookups; undefined for anything else. */
export function dottedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'lookup' || expression.key.kind !== 'literal') return undefined;
  if (!/^[\w-]+$/.test(String(expression.key.value))) return undefined;
  const target = dottedName(expression.target);
  return target === undefined ? undefined : `${target}.${String(expression.key.value)}`;
}
