import type { LedgerEvent } from '../model/index.ts';
import { oneLine } from './render/one-line.ts';

/** What a person who follows a run should hear at once: jobs that do not begin, retries, a pause. */
export function sayNotes(say: (text: string) => void): (events: readonly LedgerEvent[]) => void {
  return (events) => {
    for (const event of events) {
      if (event.kind === 'noted' && event.about !== 'record') say(oneLine(event.note));
      if (event.kind === 'tasks-reset' && event.retry !== undefined)
        say(
          `${event.tasks.length === 1 ? event.tasks[0] : `${event.tasks.length} tasks`}: ${oneLine(event.why)}`,
        );
    }
  };
}
