import type { TaskOutput } from '../../model/index.ts';

/**
 * The names that the outputs of one step have taken so far, by the name as it is compared without case. A further
 * spelling of a taken name stands under the spelling itself, behind a NUL, which no name holds.
 */
export type ClaimedNames = Map<string, Claim>;

interface Claim {
  readonly name: string;
  readonly role: string;
  readonly label: string;
  /** The name itself, or a folder on the way to it. */
  readonly folder: boolean;
}

export interface Clash {
  readonly kind: 'same' | 'case';
  readonly earlier: Claim;
  readonly output: TaskOutput;
}

/**
 * Takes a task's output names and tells which were taken before, by another task or by itself. Two names that differ only
 * in case or in Unicode's form are one file on some file systems (`case`). A name that is a folder of another is
 * `same`, because a file cannot stand where a folder does; two that share a folder are no clash.
 */
export function claimOutputs(
  claimed: ClaimedNames,
  label: string,
  outputs: readonly TaskOutput[],
): readonly Clash[] {
  return outputs.flatMap((output) => {
    if (takesFresh(claimed, output, label)) return [];
    const taken = paths(output);
    const clashes = taken.map((path) => clashOf(claimed, path, output));
    for (const { name, folder, folded } of taken) {
      claim(claimed, folded, { name, folder, role: output.role, label });
    }
    return clashes.filter((clash) => clash !== undefined).slice(-1);
  });
}

/** Most names stand in no folder, and nobody took them before. */
function takesFresh(claimed: ClaimedNames, { name, role }: TaskOutput, label: string): boolean {
  const folded = fold(name);
  if (name.includes('/') || claimed.has(folded)) return false;
  claimed.set(folded, { name, role, label, folder: false });
  return true;
}

interface Path {
  readonly name: string;
  readonly folder: boolean;
  /** The name as it is compared without case. */
  readonly folded: string;
}

/** The folders on the way to a name, then the name. */
function paths(output: TaskOutput): readonly Path[] {
  const parts = output.name.split('/');
  return parts.map((_, i) => {
    const name = parts.slice(0, i + 1).join('/');
    return { name, folder: i + 1 < parts.length, folded: fold(name) };
  });
}

function clashOf(claimed: ClaimedNames, path: Path, output: TaskOutput): Clash | undefined {
  const earlier = claimed.get(`\0${path.name}`) ?? claimed.get(path.folded);
  if (earlier === undefined) return undefined;
  if (earlier.name !== path.name) return { kind: 'case', earlier, output };
  return earlier.folder && path.folder ? undefined : { kind: 'same', earlier, output };
}

function claim(claimed: ClaimedNames, folded: string, taken: Claim): void {
  const first = claimed.get(folded);
  if (first === undefined) claimed.set(folded, taken);
  else if (first.name !== taken.name && !claimed.has(`\0${taken.name}`))
    claimed.set(`\0${taken.name}`, taken);
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
