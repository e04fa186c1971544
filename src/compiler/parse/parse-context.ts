import {
  type DocumentPath,
  isPlainMap,
  type Places,
  type PlainValue,
  plainAt,
} from '../../documents/index.ts';
import { type Parameter, type Place, type Problem, suggest, type Tool } from '../../model/index.ts';
import type { WorkflowFile } from '../schema/workflow-schema.ts';

/** What every stage of reading a workflow looks at. Only the lists of problems grow. */
export interface ParseContext {
  readonly value: WorkflowFile;
  readonly places: Places;
  readonly written: PlainValue;
  readonly tools: Readonly<Record<string, Tool>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly problems: Problem[];
  readonly warnings: Problem[];
  /** Steps some part of which was out of shape: what they lack is not told a second time. */
  readonly hurt: ReadonlySet<string>;
}

export function report(
  context: ParseContext,
  code: string,
  message: string,
  place: Place,
  hint?: string,
): void {
  context.problems.push(hint === undefined ? { code, message, place } : { code, message, hint, place });
}

/** Names written in the file under a key, also those whose contents were out of shape. */
export function writtenNames(context: ParseContext, path: DocumentPath): readonly string[] {
  const value = plainAt(context.written, path);
  return isPlainMap(value) ? Object.keys(value) : [];
}

/** "did you mean …? there are: …" */
export function among(written: string, known: readonly string[]): string {
  const near = suggest(written, known);
  const list = known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`;
  return near === undefined ? list : `did you mean \`${near}\`? ${list}`;
}

export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function listOf(names: string | readonly string[] | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === 'string' ? [names] : names;
}
