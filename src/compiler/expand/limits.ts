/** How much a plan may hold. Each is counted before memory is taken for it. */
export interface Limits {
  readonly tasks: number;
  /** Items of one collection. */
  readonly items: number;
  /** Inputs of one task, over all its roles. */
  readonly inputs: number;
  /** Bytes of one word of a command; Linux refuses 128 KiB and more (execve(2), MAX_ARG_STRLEN). */
  readonly wordBytes: number;
  /** Bytes of one command; Linux allows 2 MiB for words and environment together with the usual stack limit. */
  readonly commandBytes: number;
}

export const defaultLimits: Limits = {
  tasks: 2_000_000,
  items: 2_000_000,
  inputs: 100_000,
  wordBytes: 131_071,
  commandBytes: 1_500_000,
};
