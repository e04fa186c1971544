/** Where an event stands, for what it writes. */
export interface At {
  readonly seq: number;
  readonly atMs: number;
}
