/** How SQLite keeps its journal, and how hard it waits for the disk. */
export interface Journal {
  readonly mode: 'wal' | 'delete';
  readonly synchronous: 'full' | 'extra';
  /** The network file system that forced the choice. */
  readonly network?: string;
}

/** `f_type` of statfs(2), from the kernel's magic.h and the file systems' own sources. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x01021997, '9P'],
  [0xaad7aaea, 'PanFS'],
]);

/**
 * WAL needs shared memory, so it breaks between hosts (https://www.sqlite.org/wal.html); there the rollback journal
 * is used. `synchronous` is never left to the build's default, which is weaker for every connection but the first.
 */
export function chooseJournal(fileSystemType: number): Journal {
  const network = networkFileSystems.get(fileSystemType >>> 0);
  if (network === undefined) return { mode: 'wal', synchronous: 'full' };
  return { mode: 'delete', synchronous: 'extra', network };
}
