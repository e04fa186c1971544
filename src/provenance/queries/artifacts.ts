import { type FileIdentity, type RunId, type TaskId, taskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { type FileRow, fileColumns } from './attempts.ts';

/** A content, every place where it was seen, and who made it. */
export interface ArtifactRow {
  readonly sha256: string;
  readonly size: number;
  /** The latest first. */
  readonly locations: readonly LocatedFile[];
}

export interface LocatedFile extends FileRow {
  /** Null where nothing in this ledger made it. */
  readonly madeBy: MadeBy | null;
}

export interface MadeBy {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly role: string;
  /** Only its content says so: the file itself was put there by hand. */
  readonly byContent: boolean;
}

/** The file that lies at a path, or lay there last. */
export function artifactByPath(store: Store, path: string, site?: string): LocatedFile | undefined {
  const row = store.one<FileRow>(
    `select ${fileColumns} from location join artifact on artifact.id = location.artifact
      where location.path = ? and (? is null or location.site = ?)
      order by location.state = 'superseded', location.id desc limit 1`,
    ...[path, site ?? null, site ?? null],
  );
  return row && { ...row, madeBy: makerOf(store, row.location) };
}

export function artifactBySha(store: Store, sha256: string): ArtifactRow | undefined {
  const rows = store.all<FileRow>(
    `select ${fileColumns} from artifact join location on location.artifact = artifact.id
      where artifact.sha256 = ? order by location.id desc`,
    sha256,
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  const locations = rows.map((row) => ({ ...row, madeBy: makerOf(store, row.location) }));
  return { sha256, size: first.size, locations };
}

interface MakerRow {
  readonly run: string;
  readonly step: string;
  readonly ordinal: number;
  readonly attempt: number;
  readonly role: string;
  readonly by_content: number;
}

function makerOf(store: Store, location: number): MadeBy | null {
  const row = store.one<MakerRow>(
    `select run.name as run, step.name as step, task.ordinal, attempt.number as attempt, maker.role, maker.by_content
       from maker join attempt on attempt.id = maker.attempt join task on task.id = attempt.task
       join step on step.id = task.step join run on run.id = step.run
      where maker.location = ?`,
    location,
  );
  if (row === undefined) return null;
  const { run, attempt, role } = row;
  return { run, task: taskId(row.step, row.ordinal), attempt, role, byContent: row.by_content === 1 };
}

/**
 * Only where the file was hashed more than two seconds after it last changed: within its own clock tick a file can
 * change without showing it. A node may tell whole seconds where a listing tells milliseconds, and roundings differ.
 */
export function rememberedHash(store: Store, file: FileIdentity): string | undefined {
  return store.one<{ sha256: string }>(
    `select artifact.sha256 from location join artifact on artifact.id = location.artifact
      where site = ? and path = ? and state = 'present' and artifact.size = ? and inode = ?
        and hashed_ms > mtime_ms + 2000 and hashed_ms > ? + 2000
        and (abs(mtime_ms - ?) <= 1
             or ((mtime_ms % 1000 = 0 or cast(? as integer) % 1000 = 0)
                 and mtime_ms / 1000 = cast(? as integer) / 1000))`,
    ...[file.site, file.path, file.size, file.inode],
    ...[file.mtimeMs, file.mtimeMs, file.mtimeMs, file.mtimeMs],
  )?.sha256;
}
