import { z } from 'zod';
import { toolSchema } from '../../tools/index.ts';
import { workflowFileSchema } from './workflow-schema.ts';

export type JsonSchema = { readonly [key: string]: unknown };

/** JSON Schema (draft 7) of a workflow file, for editors. */
export function workflowSchema(): JsonSchema {
  return toJsonSchema(workflowFileSchema, 'espalier workflow');
}

/** JSON Schema (draft 7) of a tool descriptor, for editors. */
export function toolDescriptorSchema(): JsonSchema {
  return toJsonSchema(toolSchema, 'espalier tool');
}

function toJsonSchema(schema: z.ZodType, title: string): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // The schema library bounds every whole number by what JavaScript can count; an editor need not show it.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { title, ...made };
}
