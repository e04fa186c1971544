/** What one YAML file may cost. All are counted before the costly part of reading it. */
export const documentLimits = {
  /** Characters of the file. */
  characters: 1_000_000,
  /** Marks, texts and spaces in the file: what the time to read it grows with. */
  tokens: 200_000,
  /** Collections inside one another. Deeper ones crash the parser, and with it the process. */
  depth: 64,
  /** Columns by which a line may be indented; a block can nest no deeper than its column. */
  indent: 200,
  /** Values, each alias counted with all it stands for. */
  nodes: 200_000,
  /** Problems reported of one file. */
  problems: 100,
} as const;
