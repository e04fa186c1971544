import type { Plan, RunId, TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { applyEvents, type DatedEvent, initialState, type RunState } from '../scheduler/index.ts';

/** An output as it was last recorded. mtime in whole seconds. */
export interface KnownOutput {
  readonly task: TaskId;
  readonly role: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtime: number;
  readonly inode: string;
}

export interface RunMemory {
  readonly state: RunState;
  /** By `task/role`. */
  readonly outputs: ReadonlyMap<string, KnownOutput>;
  readonly notes: ReadonlySet<string>;
}

/** A run as its events tell it, from nothing. */
export function recallRun(ledger: Ledger, run: RunId, plan: Plan): RunMemory {
  const dated: DatedEvent[] = [];
  const outputs = new Map<string, KnownOutput>();
  const notes = new Set<string>();
  for (const { event, atMs } of ledger.events(run)) {
    dated.push({ event, atMs });
    if (event.kind === 'task-succeeded') keep(outputs, event.task, event.evidence.outputs);
    if (event.kind === 'noted') notes.add(event.note);
    if (event.kind === 'task-cached') keep(outputs, event.task, event.outputs);
  }
  return { state: applyEvents(initialState(plan), dated), outputs, notes };
}

function keep(
  outputs: Map<string, KnownOutput>,
  task: TaskId,
  files: readonly Omit<KnownOutput, 'task'>[],
): void {
  for (const { role, path, sha256, size, mtime, inode } of files) {
    outputs.set(`${task}/${role}`, { task, role, path, sha256, size, mtime, inode });
  }
}
