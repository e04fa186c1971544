import type { Store } from '../file/store.ts';

/** A content seen at a path. */
export interface Observed {
  readonly site: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number | null;
  readonly inode: string | null;
  readonly hashedMs: number | null;
}

export interface Located {
  readonly location: number;
  readonly artifact: number;
}

interface Maker {
  readonly attempt: number;
  readonly role: string;
  /** The task it was linked or copied for. */
  readonly task?: number;
}

/** A file was read: the row of its path, or a new one where the content is another than before. */
export function sawFile(store: Store, file: Observed, seq: number): Located {
  const artifact = internArtifact(store, file);
  const current = findCurrent(store, file);
  if (current?.artifact !== artifact)
    return { artifact, location: replace(store, current?.id, artifact, file, seq) };
  refresh(store, current.id, file, seq);
  return { artifact, location: current.id };
}

/**
 * A file was made. The same bytes written again by another attempt are another file with another maker; but a row
 * that a reader made before its maker was heard of gets its maker now.
 */
export function madeFile(store: Store, file: Observed, maker: Maker, seq: number): void {
  const seen = sawFile(store, file, seq);
  const known = store.one<{ attempt: number }>('select attempt from gen where location = ?', seen.location);
  if (known?.attempt === maker.attempt) return;
  // A cached task's output may be the original itself, which has its maker.
  if (known !== undefined && maker.task !== undefined) return;
  const location =
    known === undefined ? seen.location : replace(store, seen.location, seen.artifact, file, seq);
  store.run(
    'insert into gen (location, attempt, role, task) values (?, ?, ?, ?)',
    ...[location, maker.attempt, maker.role, maker.task ?? null],
  );
}

/** Records tell seconds, with or without a fraction; whole milliseconds here. The small term undoes binary rounding. */
export function recordSeconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.floor(seconds * 1000 + 0.001);
}

export function findCurrent(
  store: Store,
  file: { readonly site: string; readonly path: string },
): { readonly id: number; readonly artifact: number } | undefined {
  return store.one(
    `select id, artifact from location where site = ? and path = ? and state <> 'superseded'`,
    file.site,
    file.path,
  );
}

function internArtifact(store: Store, { sha256, size }: Observed): number {
  const known = store.one<{ id: number }>(
    'select id from artifact where sha256 = ? and size = ?',
    sha256,
    size,
  );
  return known?.id ?? store.run('insert into artifact (sha256, size) values (?, ?)', sha256, size);
}

function replace(
  store: Store,
  old: number | undefined,
  artifact: number,
  file: Observed,
  seq: number,
): number {
  if (old !== undefined)
    store.run(`update location set state = 'superseded', seq = ? where id = ?`, seq, old);
  return store.run(
    `insert into location (artifact, site, path, mtime_ms, inode, hashed_ms, state, seq)
     values (?, ?, ?, ?, ?, ?, 'present', ?)`,
    ...[artifact, file.site, file.path, file.mtimeMs, file.inode, file.hashedMs, seq],
  );
}

function refresh(store: Store, id: number, file: Observed, seq: number): void {
  store.run(
    `update location set mtime_ms = coalesce(?, mtime_ms), inode = coalesce(?, inode),
       hashed_ms = coalesce(?, hashed_ms), state = 'present', seq = ? where id = ?`,
    ...[file.mtimeMs, file.inode, file.hashedMs, seq, id],
  );
}
