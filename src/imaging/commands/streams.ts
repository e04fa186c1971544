/** Where a command speaks: results to `out`, everything about the work to `err`. Each call is one line. */
export interface Streams {
  out(line: string): void;
  err(line: string): void;
}
