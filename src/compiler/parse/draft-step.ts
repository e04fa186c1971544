import type { Tool } from '../../model/index.ts';
import type { StepFile } from '../schema/workflow-schema.ts';
import type { StepSources } from './step-sources.ts';

/** A step on its way: its tool is known, its sources are found or reported. */
export interface DraftStep {
  readonly name: string;
  readonly file: StepFile;
  readonly tool: Tool;
  readonly sources: StepSources;
}
