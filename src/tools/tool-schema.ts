import { z } from 'zod';

/** The shape of a tool descriptor. Help texts are for editors that complete from the JSON Schema made of it. */

export const scalar = z.union([z.string(), z.number(), z.boolean()]);

const reserved = [
  'inputs',
  'outputs',
  'item',
  'resources',
  'true',
  'false',
  'none',
  'and',
  'or',
  'not',
  'in',
  'is',
  'if',
  'else',
];

/** Names that templates use: no dash, because `a-b` is a subtraction there, and nothing that every object inherits. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'a name is letters, digits and `_`, a letter first')
  .refine(
    (name) => !reserved.includes(name) && !(name in Object.prototype),
    'this word has a meaning of its own',
  );

/** Names that templates do not use: steps, tools, collections. */
export const plainName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'a name is letters, digits, `-` and `_`, a letter first')
  .refine((name) => !(name in Object.prototype), 'this word has a meaning of its own');

export const fileType = z.enum(['file', 'directory']);

export const parameterTypes = ['integer', 'number', 'text', 'choice', 'boolean'] as const;

const longParameter = z.strictObject({
  type: z.enum(parameterTypes).describe('What its values are.'),
  unit: z.string().min(1).optional().describe('Unit of its values: deg, um, nm, ms …'),
  minimum: z.number().optional().describe('Least value allowed.'),
  maximum: z.number().optional().describe('Greatest value allowed.'),
  choices: z.array(scalar).min(1).optional().describe('All values there are, for type choice.'),
  default: scalar.optional().describe('Value where nothing else gives one.'),
  from: z
    .string()
    .regex(/^acquisition(\.[a-z]+)?$/, 'is `acquisition`, or `acquisition.` and a field')
    .optional()
    .describe(
      '`acquisition.FIELD`: read from the metadata of the images; `acquisition` alone means the field of the same name.',
    ),
  optional: z.boolean().optional().describe('Whether it may have no value at all.'),
  help: z.string().optional().describe('One line for people.'),
});

/** A parameter in full, or only its default. */
export const parameterSchema = z
  .union([longParameter, scalar])
  .describe('A parameter, or only its default value.');

const amount = (what: string) =>
  z
    .union([z.number().min(0), z.string().min(1)])
    .optional()
    .describe(what);

export const resourcesSchema = z
  .strictObject({
    cpus: amount('Processor cores, a number or an expression.'),
    gpus: amount('GPUs, a number or an expression.'),
    memory: amount('E.g. 4GB, or an expression.'),
    time: amount('E.g. 30m, 1h30m, 2-00:00:00, or an expression.'),
    scratch: amount('Space for temporary files, e.g. 20GB.'),
    gpu: amount('Kind of GPU, as the batch system names it.'),
    partition: amount('Partition or queue; the first of the site that fits, unless named.'),
    account: amount('Account that the time is charged to.'),
    qos: amount('Quality of service.'),
    constraint: amount('Features that the node must have, as the batch system spells them.'),
    limit: amount('At most so many tasks at once.'),
  })
  .describe('What one task needs.');

export const environmentSchema = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable is letters, digits and `_`'), scalar)
  .describe('Environment variables; values may be templates.');

const containerObject = z.strictObject({
  image: z.string().min(1).describe('docker://…, oras://…, or the path of a .sif or .def file.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'is `sha256:` and 64 hexadecimal digits')
    .optional()
    .describe('Pins the image.'),
  optional: z
    .boolean()
    .optional()
    .describe('Whether the program may be used as it is where a site runs no containers.'),
});

export const containerSchema = z
  .union([z.string().min(1), containerObject])
  .describe('The image the command runs in.');

const longInput = z.strictObject({
  type: fileType.optional().describe('file unless stated.'),
  many: z.boolean().optional().describe('Whether one task takes many, in order.'),
  optional: z.boolean().optional().describe('Whether it may be missing.'),
  help: z.string().optional().describe('One line for people.'),
});

export const inputSchema = z
  .union([z.enum(['file', 'directory', 'files', 'directories']), longInput])
  .describe('What the tool reads: `file`, `files`, `directory`, `directories`, or in full.');

const longOutput = z.strictObject({
  name: z.string().min(1).describe('Template of the name.'),
  type: fileType.optional().describe('file unless stated.'),
  'min-size': z
    .union([z.int().min(0), z.string().min(1)])
    .optional()
    .describe('Least size, e.g. 1KB; 1 byte unless stated.'),
  help: z.string().optional().describe('One line for people.'),
});

export const outputSchema = z
  .union([z.string().min(1), longOutput])
  .describe('What the tool writes: the template of its name, or in full.');

const logText = z.string().regex(/^[^\0\n]+$/, 'is one line of text');

const wordGroup = z.strictObject({
  if: z.string().min(1).describe('A parameter that may be missing, `inputs.NAME`, or a comparison.'),
  words: z.array(scalar).min(1).describe('Words that stand there when it holds.'),
});

export const wordsSchema = z.array(z.union([scalar, wordGroup])).min(1);

export const inputsSchema = z.record(variableName, inputSchema);
export const outputsSchema = z.record(variableName, outputSchema);
export const parametersSchema = z.record(variableName, parameterSchema);

const batchSchema = z
  .strictObject({
    command: z
      .array(scalar)
      .min(1)
      .describe('The command for many items; {{ batch }} is the file that lists them.'),
    most: z.int().min(1).max(10_000).describe('Items per process, at most.'),
  })
  .describe('How one process takes many items and reports each.');
export const logWithoutSchema = z
  .union([logText, z.array(logText).min(1)])
  .describe('Text, or texts, that must not stand in the log of a task that succeeded.');

export const checkSchema = wordsSchema.describe(
  'A command that looks at the outputs, in the same container, before they move; another code than 0 fails the task.',
);

const engineSchema = z.strictObject({
  command: wordsSchema.optional().describe('Its command, where it is another one.'),
  batch: batchSchema.optional(),
  container: containerSchema.optional(),
  resources: resourcesSchema.optional(),
  cuda: z
    .strictObject({ driver: z.number().min(1).describe("Least version of NVIDIA's driver, e.g. 525.") })
    .optional()
    .describe('What it needs of CUDA; `site doctor` says whether a node has it.'),
});

export const toolSchema = z
  .strictObject({
    name: plainName.describe('How workflows call it.'),
    version: z.union([z.string().min(1), z.number()]).describe('Version of the program.'),
    summary: z.string().min(1).describe('What it does, in one line.'),
    inputs: inputsSchema.optional().describe('What it reads.'),
    outputs: outputsSchema.describe('What it writes.'),
    parameters: parametersSchema.optional().describe('What can be set.'),
    command: wordsSchema.optional().describe('The command as a list of words; no shell sees it.'),
    script: z.string().min(1).optional().describe('A POSIX shell script instead of a command.'),
    batch: batchSchema.optional(),
    container: containerSchema.optional(),
    engines: z
      .record(variableName, engineSchema)
      .refine((engines) => Object.keys(engines).length > 0, 'names at least one engine')
      .optional()
      .describe('Ways of computing it, the default first; the parameter `engine` chooses.'),
    resources: resourcesSchema.optional(),
    environment: environmentSchema.optional(),
    'log-without': logWithoutSchema.optional(),
    check: checkSchema.optional(),
    'cache-version': z
      .int()
      .min(0)
      .optional()
      .describe('Raise it when equal inputs no longer give equal outputs.'),
    licence: z.string().optional().describe('Licence of the program.'),
    citation: z.string().optional().describe('What to cite.'),
    homepage: z.string().optional().describe('Where to read more.'),
  })
  .describe('A tool of espalier.');

export type ToolFile = z.infer<typeof toolSchema>;
export type ParameterFile = z.infer<typeof parameterSchema>;
