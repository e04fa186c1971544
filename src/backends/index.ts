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
  Stuck,
  Submission,
  Submitted,
} from './batch/batch-system.ts';
export { localBatch } from './batch/local-batch.ts';
export { slurmBatch } from './batch/slurm/slurm-batch.ts';
export { type ListedFile, listSite, type SiteListing } from './list-site.ts';
export { hashFiles, linkFiles, removeFiles, type SeenFile, statFiles } from './site-files.ts';
export type { Channels, ExecOptions, Executed } from './transport/channels.ts';
export { LocalTransport } from './transport/local-transport.ts';
export { Master, type SshSurroundings } from './transport/openssh/master.ts';
export { openOpenssh } from './transport/openssh/openssh-channels.ts';
export { RemoteTransport } from './transport/remote-transport.ts';
export { openSsh2 } from './transport/ssh2/ssh2-channels.ts';
export type { SiteFile, Transport } from './transport/transport.ts';
