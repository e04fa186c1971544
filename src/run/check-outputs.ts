import { hashFiles, statFiles, type Transport } from '../backends/index.ts';
import { isGood, type LedgerEvent, type OutputLost, type RunId } from '../model/index.ts';
import type { RunState } from '../scheduler/index.ts';
import type { KnownOutput } from './run-memory.ts';

export interface OutputCheckResult {
  readonly lost: readonly OutputLost[];
  /** Files that were touched but hold the same: remembered anew. */
  readonly remembered: readonly LedgerEvent[];
}

/**
 * Whether the results of good tasks are still what was recorded. Size first; where time or inode differ, the content is
 * hashed where it lies, so that touching a file repeats nothing.
 */
export async function checkOutputs(
  run: RunId,
  site: string,
  state: RunState,
  outputs: Iterable<KnownOutput>,
  transport: Transport,
  nowMs: number,
): Promise<OutputCheckResult> {
  const known = [...outputs].filter(({ task }) => isGood(state.tasks.get(task)?.state ?? 'waiting'));
  if (known.length === 0) return { lost: [], remembered: [] };
  const seen = await statFiles(
    transport,
    known.map(({ path }) => path),
  );
  const lost: OutputLost[] = [];
  const touched: KnownOutput[] = [];
  known.forEach((output, index) => {
    const file = seen[index];
    const { task, role, path } = output;
    if (file === undefined) lost.push({ kind: 'output-lost', run, task, role, path, why: 'missing' });
    else if (file.size !== output.size)
      lost.push({ kind: 'output-lost', run, task, role, path, why: 'size' });
    else if (file.mtime !== output.mtime || file.inode !== output.inode)
      touched.push({ ...output, mtime: file.mtime, inode: file.inode });
  });
  const hashes =
    touched.length === 0
      ? []
      : await hashFiles(
          transport,
          touched.map(({ path }) => path),
        );
  const same = touched.filter((output, index) => hashes[index] === output.sha256);
  for (const { task, role, path } of touched.filter((output, index) => hashes[index] !== output.sha256)) {
    lost.push({ kind: 'output-lost', run, task, role, path, why: 'content' });
  }
  const files = same.map(({ path, size, mtime, inode, sha256 }) => ({
    site,
    path,
    size,
    mtimeMs: mtime * 1000,
    inode,
    sha256,
    hashedMs: nowMs,
  }));
  return { lost, remembered: files.length === 0 ? [] : [{ kind: 'files-hashed', files }] };
}
