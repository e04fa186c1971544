/** How much is looked at before we stop and say so. All are counts, so that a limit is the same on every machine. */
export interface CollectionLimits {
  /** Names seen in all folders together. */
  readonly files: number;
  /** Folders below one another. */
  readonly depth: number;
  /** Items of one collection, after files were split. */
  readonly items: number;
  /** Bytes of a table. */
  readonly tableBytes: number;
}

export const collectionLimits: CollectionLimits = {
  files: 1_000_000,
  depth: 32,
  items: 1_000_000,
  tableBytes: 256 * 1024 * 1024,
};
