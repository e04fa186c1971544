import type { LedgerEvent } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import type { At } from './at.ts';
import {
  projectArrayPacked,
  projectArraySubmitted,
  projectElementsSubmitting,
  projectSubmissionFailed,
  projectTasksReset,
  projectTasksStarted,
} from './project-array.ts';
import { projectCached } from './project-cached.ts';
import { projectFilesHashed, projectOutputLost } from './project-files.ts';
import { projectDriver, projectRunFinished, projectRunPlanned } from './project-run.ts';
import { projectTaskEnded } from './project-task.ts';

/**
 * Writes what one event means into the projections. It reads nothing but the event, the blobs it names and the
 * projections of earlier events, so that the same events always give the same rows.
 * @throws EspalierError `ledger-unknown` for a run or task that was never planned
 */
export function project(store: Store, event: LedgerEvent, at: At): void {
  switch (event.kind) {
    case 'run-planned':
      projectRunPlanned(store, event, at);
      break;
    case 'driver-attached':
    case 'driver-detached':
      projectDriver(store, event, at);
      break;
    case 'array-packed':
      projectArrayPacked(store, event, at);
      break;
    case 'elements-submitting':
      projectElementsSubmitting(store, event, at);
      break;
    case 'array-submitted':
      projectArraySubmitted(store, event, at);
      break;
    case 'submission-failed':
      projectSubmissionFailed(store, event, at);
      break;
    case 'tasks-started':
      projectTasksStarted(store, event, at);
      break;
    case 'task-succeeded':
    case 'task-failed':
    case 'task-skipped':
    case 'task-cancelled':
    case 'task-lost':
      projectTaskEnded(store, event, at);
      break;
    case 'task-cached':
      projectCached(store, event, at);
      break;
    case 'tasks-reset':
      projectTasksReset(store, event, at);
      break;
    case 'output-lost':
      projectOutputLost(store, event, at);
      break;
    case 'files-hashed':
      projectFilesHashed(store, event, at);
      break;
    case 'run-finished':
      projectRunFinished(store, event, at);
      break;
    case 'site-paused':
    case 'cancel-asked':
    case 'noted':
      break;
    default:
      unforeseen(event);
  }
}

/** The compiler complains here when a kind of event is added to the model and not above. */
function unforeseen(event: never): never {
  throw new Error(`no projection for ${JSON.stringify(event)}`);
}
