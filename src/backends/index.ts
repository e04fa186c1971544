/**
 * How a site does things: a batch system (text in, text out) joined to a transport (the only part that touches a machine).
 * It knows nothing of plans, ledgers or people.
 */
export { Backend } from './backend.ts';
export type {
  BatchEnd,
  BatchSystem,
  Dependency,
  Listing,
  Question,
  Submission,
  Submitted,
} from './batch/batch-system.ts';
export { localBatch } from './batch/local-batch.ts';
export { hashFiles, linkFiles, removeFiles, type SeenFile, statFiles } from './site-files.ts';
export { LocalTransport } from './transport/local-transport.ts';
export type { Channels, Executed, ExecOptions } from './transport/channels.ts';
export type { SiteFile, Transport } from './transport/transport.ts';
