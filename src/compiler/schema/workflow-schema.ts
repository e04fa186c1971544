import { z } from 'zod';
import {
  checkSchema,
  containerSchema,
  environmentSchema,
  inputsSchema,
  logWithoutSchema,
  outputsSchema,
  parametersSchema,
  plainName,
  resourcesSchema,
  scalar,
  variableName,
  wordsSchema,
} from '../../tools/index.ts';
import { onFailureSchema, retrySchema } from './retry-schema.ts';

/** The shape of a workflow file. Help texts are for editors that complete from the JSON Schema made of it. */

const names = z.union([z.string().min(1), z.array(z.string().min(1))]);
const source = z.string().min(1);

const longCollection = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .optional()
    .describe('File names with dimensions: "{cell}_ch{channel:int}_t{time:int}.tif".'),
  at: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*:\/[^\0\n]*$/, 'is SITE:/folder')
    .optional()
    .describe('SITE:/folder: the images lie on that site already; nothing is copied.'),
  table: z.string().min(1).optional().describe('A CSV or TSV file with one row per image.'),
  in: z
    .string()
    .min(1)
    .optional()
    .describe('Folder below the data folder (pattern) or the workflow’s folder (table).'),
  role: z
    .enum(['data', 'calibration'])
    .optional()
    .describe('calibration: PSFs, dark and flat fields; not counted as data.'),
  split: z
    .union([z.enum(['time', 'channel']), z.array(z.enum(['time', 'channel']))])
    .optional()
    .describe('Dimensions inside each file that become items of their own.'),
});

export const collectionSchema = z
  .union([z.string().min(1), longCollection])
  .describe('Images chosen by a pattern or a table; a text alone is a pattern.');

const longMatch = z.strictObject({
  from: source.optional().describe('A collection or STEP.OUTPUT; the input’s own name unless stated.'),
  on: names.describe('Dimensions whose values must be equal; `all`: one partner serves every item.'),
});

const matchSchema = z.record(variableName, z.union([z.literal('all'), longMatch]));

const groupSchema = z.strictObject({
  by: names.describe('Dimensions that make one group; [] for one group of everything.'),
  order: names.optional().describe('Dimensions by which the items of a group are ordered.'),
});

const stepDefaults = {
  resources: resourcesSchema.optional(),
  environment: environmentSchema.optional(),
  fuse: z
    .boolean()
    .optional()
    .describe('Whether it may run in one job with the step before it; true unless stated.'),
  pack: z.int().min(1).optional().describe('Tasks per job; decided from how long they take unless stated.'),
  batch: z
    .union([z.literal(false), z.int().min(1)])
    .optional()
    .describe('Tasks per process, where the tool takes many; false: one each.'),
  retry: retrySchema.optional(),
  'on-failure': onFailureSchema.optional(),
};

export const stepSchema = z
  .strictObject({
    tool: z.string().min(1).optional().describe('The tool to run.'),
    run: z
      .union([z.string().min(1), wordsSchema])
      .optional()
      .describe('A command of your own instead of a tool: a shell script, or a list of words.'),
    'for-each': source.optional().describe('One task per item of a collection or of STEP.OUTPUT.'),
    from: source.optional().describe('With `group`: the collection or STEP.OUTPUT whose items are grouped.'),
    group: groupSchema.optional().describe('One task per group of items.'),
    as: variableName.optional().describe('The input of the tool that the items fill, where it has several.'),
    match: matchSchema.optional().describe('Inputs filled by the item of another collection that fits.'),
    with: z
      .record(variableName, scalar)
      .optional()
      .describe('Values for the tool’s parameters; may be templates.'),
    inputs: inputsSchema
      .optional()
      .describe('With `run`: what it reads; one file called `image` unless stated.'),
    outputs: outputsSchema
      .optional()
      .describe('With `run`: what it writes. With `tool`: other names for its outputs.'),
    container: containerSchema.optional(),
    'log-without': logWithoutSchema.optional(),
    check: checkSchema.optional(),
    'cache-version': z.int().min(0).optional().describe('With `run`: raise it to have the step run again.'),
    ...stepDefaults,
  })
  .describe('One step: a tool or command on each item or group.');

export const workflowFileSchema = z
  .strictObject({
    name: plainName.describe('Name of the workflow.'),
    description: z.string().optional().describe('What it is for.'),
    parameters: parametersSchema.optional().describe('What can be set when it is run: --set NAME=VALUE.'),
    collections: z.record(plainName, collectionSchema).describe('The images it works on.'),
    defaults: z.strictObject(stepDefaults).optional().describe('For every step that says nothing else.'),
    steps: z
      .record(plainName, stepSchema)
      .describe('What is done, each step on a collection or on the results of another.'),
    acknowledge: z
      .array(z.string().min(1))
      .optional()
      .describe('Parameters that may contradict the metadata of the images.'),
    fetch: names
      .optional()
      .describe(
        'Results that a cluster’s run brings to this machine as they come: STEP.OUTPUT or STEP/NAME, with * and ?.',
      ),
  })
  .describe('A workflow of espalier.');

export type WorkflowFile = z.infer<typeof workflowFileSchema>;
export type StepFile = z.infer<typeof stepSchema>;
export type CollectionFile = z.infer<typeof collectionSchema>;
