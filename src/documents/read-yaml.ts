import type { z } from 'zod';
import { accept, type Checked, type Problem, refuse } from '../model/index.ts';
import { issueToProblems } from './issue-to-problems.ts';
import { documentLimits } from './limits.ts';
import { openYaml, sharesLine } from './open-yaml.ts';
import type { DocumentPath, Places } from './places.ts';
import { at, type PlainValue, removeAt } from './plain-path.ts';

/** A file in its shape, and where its parts stand. */
export interface YamlFile<T> {
  readonly value: T;
  readonly places: Places;
  /** The file as written, before parts out of shape were left out. */
  readonly written: PlainValue;
  /** Paths of the parts that were left out because they were out of shape; empty when all is well. */
  readonly leftOut: readonly DocumentPath[];
}

export interface PartlyRead<T> {
  /** Absent when nothing of the file can be used. */
  readonly file?: YamlFile<T>;
  readonly problems: readonly Problem[];
}

/** Text → a value of the schema with places, or all that is wrong with it. */
export function readYaml<T>(text: string, file: string, schema: z.ZodType<T>): Checked<YamlFile<T>> {
  const read = readYamlPartly(text, file, schema, {});
  return read.file === undefined || read.problems.length > 0 ? refuse(...read.problems) : accept(read.file);
}

/**
 * As `readYaml`, but what is in shape is given even when some parts are not, so that the caller can look for further
 * problems and all come out together.
 *
 * @param stead what stands in for keys of the file itself when they are missing or out of shape
 */
export function readYamlPartly<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  stead: Readonly<Record<string, PlainValue>>,
): PartlyRead<T> {
  const read = readParts(text, file, schema, stead);
  return { ...read, problems: read.problems.slice(0, documentLimits.problems) };
}

function readParts<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  stead: Readonly<Record<string, PlainValue>>,
): PartlyRead<T> {
  const opened = openYaml(text, file);
  if (opened.value === undefined) return { problems: opened.problems };
  const { value: written, places } = opened;
  const problems: Problem[] = [...opened.problems];
  const leftOut: DocumentPath[] = [];
  let value = structuredClone(written);
  for (let round = 0; round < 32; round++) {
    const parsed = schema.safeParse(value, { reportInput: true });
    if (parsed.success) return { file: { value: parsed.data, places, written, leftOut }, problems };
    const issues = parsed.error.issues;
    if (round === 0) problems.push(...describeIssues(issues, schema, written, places, opened.problems));
    const paths = issues.flatMap(pathsToLeaveOut);
    leftOut.push(...paths);
    for (const path of paths) value = removeAt(value, path, stead);
    if (value === null) break;
  }
  return { problems };
}

function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  value: PlainValue,
  places: Places,
  before: readonly Problem[],
): Problem[] {
  const problems = issues.flatMap((issue) => issueToProblems(issue, schema, at(value, []), places));
  return problems.filter((problem) => !sharesLine(problem.place, before));
}

function pathsToLeaveOut(issue: z.core.$ZodIssue): DocumentPath[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}
