import type { BatchEnd, Listing, Question, Stuck, Submission, Submitted } from '../batch-system.ts';
import { parseRanges } from './ranges.ts';
import { explainStuck } from './reasons.ts';
import { readState } from './states.ts';
import { taken, ticketPath } from './submit.ts';

/** Waiting arrays are one row each; `SLURM_BITSTR_LEN=0`, because their lists of indices are cut without a mark otherwise. */
const squeue = "SLURM_BITSTR_LEN=0 squeue --me -h -t all -o '%i|%T|%r|%j|%N'";

/** Names that arrays have: a run's id, a number, a few characters. */
const arrayName = '[0-9]{8}-[0-9]{6}-[a-z0-9]+[.]a[0-9]+-[a-z0-9]+';

const sacctFields = 'JobID,State,ExitCode,Start,JobName,NodeList';

function sacct(tokens: readonly string[], hours: number): string {
  return `sacct -n -X -P -S now-${hours}hours -o ${sacctFields} --name=${tokens.join(',')}`;
}

/** Of all that is the user's, the arrays: what is not ours is not sent. */
export function listCommand(): string {
  return `{ ${squeue}; echo "@@ $?"; } | grep -E '^@@ |[|]${arrayName}[|]'`;
}

export function historyCommand({ tokens, ageSeconds }: Question): string {
  // With our own number, so that who cancelled is known.
  return `${sacct(tokens, Math.ceil(ageSeconds / 3600) + 1)}\necho "@@ $? $(id -u)"`;
}

interface Row {
  readonly array: string;
  readonly indices: readonly number[];
  readonly isSingle: boolean;
  readonly state: string;
  readonly reason: string;
  readonly name: string;
  readonly node: string;
  readonly raw: string;
}

export function parseListing(stdout: string, question: Question): Listing | undefined {
  const rows = readRows(stdout, question.tokens, queueFields);
  return rows && toListing(rows, 'queue', question, undefined);
}

export function parseHistory(stdout: string, question: Question): Listing | undefined {
  const rows = readHistory(stdout, question.tokens);
  const uid = / (\d+)\s*$/.exec(stdout)?.[1];
  return rows && toListing(rows, 'accounting', question, uid);
}

function queueFields([id = '', state = '', reason = '', name = '', node = '']: readonly string[]): Fields {
  return { id, state, reason, name, node };
}

function readHistory(stdout: string, tokens: readonly string[]): readonly Row[] | undefined {
  const rows = readRows(stdout, tokens, ([id = '', state = '', , reason = '', name = '', node = '']) => {
    return { id, state, reason, name, node };
  });
  // Refused at once: it used up an id and was never there.
  return rows?.filter(({ state, reason }) => !(state === 'FAILED' && reason === 'None'));
}

type Fields = Pick<Row, 'state' | 'reason' | 'name' | 'node'> & { readonly id: string };

/** Undefined unless the last line says that the command ended well. Rows of others, and lines of a banner, are passed over. */
function readRows(
  stdout: string,
  tokens: readonly string[],
  fields: (words: readonly string[]) => Fields,
): readonly Row[] | undefined {
  const lines = stdout.trimEnd().split('\n');
  if (!/^@@ 0( \d+)?\s*$/.test(lines.pop() ?? '')) return undefined;
  const wanted = new Set(tokens);
  const rows: Row[] = [];
  for (const raw of lines) {
    const { id, state, reason, name, node } = fields(raw.split('|'));
    if (!wanted.has(name)) continue;
    const match = /^(\d+)(?:_(?:(\d+)|\[([^\]]*)\]))?$/.exec(id);
    const indices = match?.[2] !== undefined ? [Number(match[2])] : indicesOf(match?.[3]);
    // A list that was cut would make waiting elements look gone.
    if (match?.[1] === undefined || indices === undefined) return undefined;
    rows.push({ array: match[1], indices, isSingle: match[2] !== undefined, state, reason, name, node, raw });
  }
  return rows;
}

/** No list at all: what is left of an array after its waiting elements were cancelled stands under its bare id. */
function indicesOf(list: string | undefined): readonly number[] | undefined {
  return list === undefined ? [] : parseRanges(list);
}

/** An element's own row outranks that of the rest of its array; a bare row speaks for those that no other row names. */
function toListing(
  rows: readonly Row[],
  from: 'queue' | 'accounting',
  { natives }: Question,
  uid: string | undefined,
): Listing {
  const alive = new Set<string>();
  const ended = new Map<string, BatchEnd>();
  const stuck = new Map<string, Stuck>();
  const nodes = new Map<string, string>();
  const notUnderstood: string[] = [];
  for (const row of [...rows].sort((a, b) => rank(a) - rank(b))) {
    const state = readState(row.state, from);
    if (state.is === 'unknown') notUnderstood.push(`Slurm says \`${row.state}\`: it is taken to go on`);
    const own = row.indices.map((index) => `${row.array}_${index}`);
    const named = own.length > 0 ? own : natives.filter((native) => native.startsWith(`${row.array}_`));
    for (const native of named) {
      alive.delete(native);
      ended.delete(native);
      stuck.delete(native);
      if (state.is === 'ended') ended.set(native, endOf(row, howOf(row, state.how), uid));
      else alive.add(native);
      const why = from === 'queue' ? explainStuck(row.state, row.reason) : undefined;
      if (why !== undefined) stuck.set(native, why);
      const node = nodeOf(row);
      if (node !== undefined) nodes.set(native, node);
    }
  }
  return { alive, ended, stuck, nodes, notUnderstood: [...new Set(notUnderstood)] };
}

function endOf(row: Row, how: BatchEnd['how'], uid: string | undefined): BatchEnd {
  const by = how === 'cancelled' ? /^CANCELLED by (\d+)/.exec(row.state)?.[1] : undefined;
  const node = nodeOf(row);
  return {
    how,
    raw: row.raw,
    ...(by !== undefined && uid !== undefined && { by: by === uid ? 'me' : 'other' }),
    ...(node !== undefined && { node }),
  };
}

/** Of one node only: that is all an element asks for. `None assigned` and the like are no nodes. */
function nodeOf({ node }: Row): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(node) ? node : undefined;
}

/** The more exactly a row names its elements, the later it is read. */
function rank({ isSingle, indices }: Row): number {
  return indices.length === 0 ? 0 : isSingle ? 2 : 1;
}

function howOf({ reason }: Row, how: BatchEnd['how']): BatchEnd['how'] {
  return how === 'cancelled' && reason.includes('DependencyNeverSatisfied') ? 'dropped' : how;
}

/** How far back the accounting is searched for a token, in hours. */
const longestSleepHours = 24 * 30;

/**
 * The queue must answer; the accounting may add what has left it. First, a script that may still be submitting these is stopped: it
 * is nobody's any more.
 */
export function findCommand(jobs: readonly Submission[]): string {
  const tokens = jobs.map(({ token }) => token);
  return [
    `rm -f -- ${jobs.map(ticketPath).join(' ')}`,
    `${squeue} --name=${tokens.join(',')} || { echo '@@ failed'; exit 0; }`,
    "echo '@@ 0'",
    `${sacct(tokens, longestSleepHours)} 2>/dev/null`,
    'echo "@@ $?"',
  ].join('\n');
}

export function parseFound(stdout: string, jobs: readonly Submission[]): readonly Submitted[] | undefined {
  const tokens = jobs.map(({ token }) => token);
  const cut = stdout.indexOf('@@ 0\n');
  if (cut < 0) return undefined;
  const queue = readRows(`${stdout.slice(0, cut)}@@ 0`, tokens, queueFields);
  if (queue === undefined) return undefined;
  const rows = [...queue, ...(readHistory(stdout.slice(cut + 5), tokens) ?? [])];
  // An array is taken whole or not at all: one row of it says that all of it was.
  return jobs.flatMap((job) => {
    const ids = rows.filter(({ name }) => name === job.token).map(({ array }) => Number(array));
    return ids.length === 0 ? [] : [taken(job, String(Math.min(...ids)))];
  });
}
