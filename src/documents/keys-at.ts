import { z } from 'zod';
import type { DocumentPath } from './places.ts';
import { at, isPlainMap, type PlainValue } from './plain-path.ts';

/** The keys a schema knows at a path; of several shapes, the ones that a map can have. */
export function keysAt(schema: z.core.$ZodType, path: DocumentPath, value: PlainValue): readonly string[] {
  const keys = descend([schema], path).flatMap((each) =>
    each instanceof z.ZodObject ? Object.keys(each.shape) : [],
  );
  const written = at(value, path);
  const used = new Set(isPlainMap(written) ? Object.keys(written) : []);
  return [...new Set(keys)].sort((a, b) => Number(used.has(a)) - Number(used.has(b)));
}

function descend(schemas: readonly z.core.$ZodType[], path: DocumentPath): readonly z.core.$ZodType[] {
  let here = schemas.flatMap(alternatives);
  for (const part of path) here = here.flatMap((each) => child(each, part)).flatMap(alternatives);
  return here;
}

function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternatives);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return alternatives(schema.unwrap());
  return [schema];
}

function child(schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const next: unknown = Object.hasOwn(schema.shape, part) ? schema.shape[part] : undefined;
    return next instanceof z.ZodType ? [next] : [];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return schema instanceof z.ZodArray ? [schema.element] : [];
}
