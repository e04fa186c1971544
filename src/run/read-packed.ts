import { z } from 'zod';
import { type ArrayPacked, EspalierError, type RunId, wishPattern } from '../model/index.ts';

const amount = z.number().min(0);
const word = z.string().regex(wishPattern);

/** Words of it become lines of a job script. */
const request = z.strictObject({
  cpus: amount,
  gpus: amount,
  memory: amount,
  time: amount,
  scratch: amount,
  gpu: word.optional(),
  partition: word.optional(),
  account: word.optional(),
  qos: word.optional(),
  constraint: word.optional(),
  exclude: z.array(word).optional(),
  limit: z.int().min(1).optional(),
});

const packedTask = z.strictObject({
  task: z.string(),
  attempt: z.int().min(1),
  ask: request.partial().optional(),
  without: z.array(z.string()).optional(),
});

const packedSchema = z.strictObject({
  kind: z.literal('array-packed'),
  run: z.string(),
  array: z.string().regex(/^[A-Za-z0-9._-]+$/),
  resources: request,
  elements: z.array(z.array(packedTask)),
  after: z.array(z.strictObject({ array: z.string(), how: z.enum(['item', 'all']) })).optional(),
});

/**
 * What lies beside an array of a run, in a folder that others may have written to: its id becomes a job's name and a path, its words
 * lines of a script.
 */
export function readPacked(line: string, folder: string, run: RunId): ArrayPacked {
  const read = packedSchema.safeParse(parsed(line));
  if (read.success && read.data.run === run && read.data.array.startsWith(`${run}.`)) return JSON.parse(line);
  const at = read.success ? '' : where(read.error);
  throw new EspalierError(
    'run-unreadable',
    `\`${folder}/arrays\` holds a file \`packed\` that cannot be read as a fact of this run${at}`,
    { hint: 'it was cut short or changed; the results in the folder are not touched' },
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function where({ issues }: z.ZodError): string {
  const path = issues[0]?.path ?? [];
  return path.length === 0 ? '' : `: \`${path.join('.')}\` is wrong`;
}
