/** Opaque names. Each is a plain string of `[A-Za-z0-9._-]`, so that it can stand in a file name or a job name. */
export type RunId = string;
/** One submission of tasks: the name of its folder, and the token that a batch system is asked for. */
export type ArrayId = string;

/** A task inside its run: `step:ordinal`, the ordinal from 1 in the order of the plan. */
export type TaskId = string;

/** What counts as a name in workflow files: steps, parameters, collections, roles, dimensions. */
export const namePattern = /^[a-z][a-z0-9_-]{0,62}$/i;

export function taskId(step: string, ordinal: number): TaskId {
  return `${step}:${ordinal}`;
}

/** Splits `deskew:3` into its step and ordinal; undefined when the text is no task id. */
export function parseTaskId(text: string): { readonly step: string; readonly ordinal: number } | undefined {
  const match = /^([a-z][a-z0-9_-]*):([1-9]\d*)$/i.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { step: match[1], ordinal: Number(match[2]) };
}
