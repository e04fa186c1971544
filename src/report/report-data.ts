import type { PlannedStep, TaskId } from '../model/index.ts';
import type {
  FailureCause,
  RunInput,
  RunOutput,
  RunRow,
  StepCounts,
  StepValue,
} from '../provenance/index.ts';

/** Everything that a run's page shows. Plain data: the page is drawn from it without looking anything up. */
export interface ReportData {
  readonly run: RunRow;
  readonly steps: readonly ReportStep[];
  readonly values: readonly StepValue[];
  readonly inputs: readonly RunInput[];
  readonly outputs: readonly RunOutput[];
  readonly failures: readonly FailureGroup[];
  /** Results that stand, made without some of their inputs; each with the words for it. */
  readonly incomplete: readonly IncompleteResult[];
  /** Some of the items, from raw to result. */
  readonly pictures: readonly ItemPictures[];
  /** Items that are not among `pictures`. */
  readonly morePictures: number;
  /** What tasks over many items made. */
  readonly gathered: readonly Picture[];
  readonly hosts: readonly string[];
  /** The workflow's text, where the ledger holds it. */
  readonly workflowText: string | null;
}

export interface ReportStep {
  readonly step: PlannedStep;
  readonly counts: StepCounts;
  /** Collections that its tasks read. */
  readonly reads: readonly ReadCollection[];
}

export interface ReadCollection {
  readonly name: string;
  readonly calibration: boolean;
}

/** Tasks of a step that failed in the same way. */
export interface FailureGroup extends FailureCause {
  /** The last lines that the first of them wrote to stderr; null where they cannot be read. */
  readonly lastLines: string | null;
}

export interface IncompleteResult {
  readonly task: TaskId;
  readonly label: string;
  /** `made without 1 of 3 inputs: first:2`. */
  readonly missing: string;
}

export interface ItemPictures {
  readonly label: string;
  readonly pictures: readonly Picture[];
}

export interface Picture {
  /** `raw`, or the step that made it. */
  readonly from: string;
  readonly label: string;
  readonly path: string;
  /** A `data:` URL; null with a reason where there is none. */
  readonly url: string | null;
  /** What is seen: sizes, range of grey values, or why nothing is. */
  readonly caption: string;
}
