import type { Workflow } from '../../model/index.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { Settings } from './settings.ts';
import { startTally, type Tally } from './tally.ts';

/** What every stage of the expansion looks at. Only the tallies change. */
export interface Context {
  readonly workflow: Workflow;
  /** The workflow file's name without its folder, for the sources of values. */
  readonly fileName: string;
  readonly settings: Settings;
  /** Names whose contradictions are accepted, by the file or the command line. */
  readonly acknowledged: ReadonlySet<string>;
  readonly limits: Limits;
  readonly errors: Tally;
  readonly warnings: Tally;
}

export function makeContext(
  workflow: Workflow,
  settings: Settings,
  options: { readonly acknowledge: readonly string[]; readonly limits?: Partial<Limits> },
): Context {
  return {
    workflow,
    fileName: workflow.file.slice(workflow.file.lastIndexOf('/') + 1),
    settings,
    acknowledged: new Set([...workflow.acknowledged, ...options.acknowledge]),
    limits: { ...defaultLimits, ...options.limits },
    errors: startTally(),
    warnings: startTally(),
  };
}
