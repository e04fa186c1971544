import { z } from 'zod';

/** The shape of a site profile. Help texts are for editors that complete from the JSON Schema made of it. */

const word = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$/, 'is one word of letters, digits and `_ . @ : + -`');
const folder = z.string().regex(/^\/[^\0\n]*$/, 'is an absolute path');
const lines = z.array(z.string().regex(/^[^\0\n]*$/, 'is one line'));
const count = z.int().min(1);
const seconds = z.number().min(0);
const words = z.array(word).min(1);

const partitionSchema = z
  .strictObject({
    default: z.boolean().optional().describe('Taken where several fit.'),
    cpus: count.optional().describe('Cores of one node.'),
    memory: z.union([z.number(), z.string()]).optional().describe('Memory of one node, e.g. 256GB.'),
    time: z.string().optional().describe('Longest time of a job, e.g. 2-00:00:00.'),
    gpus: z
      .record(word, z.int().min(0))
      .optional()
      .describe('GPUs of one node by type; `gpu` where it has no name.'),
  })
  .describe('A partition or queue.');

const containersSchema = z
  .strictObject({
    runtime: z.enum(['none', 'apptainer']).optional().describe('apptainer (also SingularityCE) or none.'),
    program: z
      .string()
      .regex(/^[A-Za-z0-9_./+-]+$/, 'is a program name or a path without blanks')
      .optional()
      .describe('apptainer, singularity, or an absolute path.'),
    prelude: lines.optional().describe('Shell lines before it is there, e.g. module load apptainer.'),
    'insecure-registries': z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?$/, 'is HOST or HOST:PORT'))
      .optional()
      .describe('Registries that speak plain HTTP, as inside a facility: HOST or HOST:PORT.'),
    images: z
      .record(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*\.sif$/, 'is the name of a .sif file'), folder)
      .optional()
      .describe('Images that lie on the site already, by the names tools call them: imaging.sif: /path.sif.'),
    pull: z
      .enum(['login', 'job'])
      .optional()
      .describe('Where images are fetched and built: on the login host, or in a job.'),
    folder: folder.optional().describe('Where images lie; `containers` in the work directory unless stated.'),
  })
  .describe('How containers run.');

const limitsSchema = z
  .strictObject({
    'array-size': count.optional().describe('Elements of one array; below MaxArraySize.'),
    submitted: count.optional().describe('Elements of ours that may be queued or running at once.'),
    slots: count.optional().describe('Elements that can run side by side, for packing.'),
    'poll-shortest': seconds
      .optional()
      .describe('Seconds between questions to the scheduler while things change.'),
    'poll-longest': seconds.optional().describe('Seconds between them while nothing changes.'),
    'file-delay': seconds.optional().describe('Seconds that a file written on a node may take to be seen.'),
    'answer-within': count
      .optional()
      .describe('Seconds that a command on the site may take to answer; 240 unless stated.'),
    failures: count
      .optional()
      .describe('Failures in a row after which nothing more is submitted; 100 unless stated.'),
    'element-seconds': count.optional().describe('Seconds that an array element of short tasks should last.'),
  })
  .describe('What the site allows and how often it is asked.');

export const siteSchema = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:%-]*$/, 'is a host name or an alias of ~/.ssh/config')
      .optional()
      .describe('Login host, or an alias of ~/.ssh/config.'),
    user: word.optional().describe('User name there; ~/.ssh/config says unless stated.'),
    port: z.int().min(1).max(65535).optional().describe('Port of its SSH server.'),
    transport: z
      .enum(['openssh', 'ssh', 'local'])
      .optional()
      .describe(
        'openssh: the ssh program of this machine; ssh: the built-in client; local: the commands of this machine.',
      ),
    'ssh-config': folder.optional().describe('Another file than ~/.ssh/config.'),
    batch: z.enum(['slurm', 'local']).optional().describe('slurm, or local: processes of that machine.'),
    work: folder.describe('Directory for runs, on a file system that login host and nodes share.'),
    partitions: z.record(word, partitionSchema).optional().describe('Partitions or queues by name.'),
    account: word.optional().describe('Account that the time is charged to.'),
    qos: word.optional().describe('Quality of service.'),
    'allowed-qos': z
      .union([words, z.record(word, words)])
      .optional()
      .describe('QOS that may be asked for: a list, or one for each account; any unless stated.'),
    prelude: lines.optional().describe("Shell lines that every job runs first; the facility's own text."),
    scratch: z.string().optional().describe('Directory for temporary files on a node, e.g. $TMPDIR.'),
    purge: z
      .string()
      .regex(/^[^\0\n]+$/, 'is one line')
      .optional()
      .describe('When the facility removes files below the work directory: never, 60 days.'),
    containers: containersSchema.optional(),
    limits: limitsSchema.optional(),
    engines: z.array(word).optional().describe('Engines its nodes can run; cpu always.'),
  })
  .describe('A site of espalier.');

/** One file of a profile: any of them may name the directory. */
export const siteLayerSchema = siteSchema.partial({ work: true });

export type SiteFile = z.infer<typeof siteSchema>;
export type SiteLayer = z.infer<typeof siteLayerSchema>;
