import type { FilesHashed, OutputLost } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import type { At } from './at.ts';
import { absolutePath, findRun } from './find.ts';
import { findCurrent, sawFile } from './locate.ts';

export function projectFilesHashed(store: Store, event: FilesHashed, at: At): void {
  for (const file of event.files) sawFile(store, file, at.seq);
}

/** Gone, or something else lies there now. */
export function projectOutputLost(store: Store, event: OutputLost, at: At): void {
  const run = findRun(store, event.run);
  const current = findCurrent(store, { site: run.site, path: absolutePath(run, event.path) });
  if (current === undefined) return;
  const state = event.why === 'missing' ? 'missing' : 'superseded';
  store.run('update location set state = ?, seq = ? where id = ?', state, at.seq, current.id);
}
