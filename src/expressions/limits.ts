/** What one template may cost. All are counted, none is a time. */
export const expressionLimits = {
  /** Characters of a template, and of any text a template makes. */
  characters: 65_536,
  /** Tokens inside one `{{ }}`. */
  tokens: 2_000,
  /** Brackets, `not`s, signs or `if`s inside one another. */
  depth: 32,
  /** Operators in one chain (`a + b + c …`), which the parser nests. */
  chain: 200,
  /** Steps of evaluation; reading a list or searching a text costs its size. */
  steps: 10_000_000,
  /** Width that `pad` may ask for. */
  padding: 64,
} as const;
