import { stat } from 'node:fs/promises';
import PQueue from 'p-queue';
import type { Transport } from '../backends/index.ts';
import { EspalierError } from '../model/index.ts';
import { groupBySize } from './group-by-size.ts';
import { hashFile } from './hash-file.ts';

/** A result of a site, and where it goes on this machine. size in bytes. */
export interface WantedFile {
  readonly from: string;
  readonly to: string;
  readonly sha256: string;
  readonly size: number;
}

export interface Fetched {
  readonly path: string;
  readonly was: 'fetched' | 'there';
}

/** Transfers at once on the one connection. */
const atOnce = 3;

/**
 * Fetches what is not there with its content yet: small files in one stream, large ones one by one; each arrives with its
 * content or not at all. What lies there with another one is replaced.
 */
export async function bringFiles(
  wanted: readonly WantedFile[],
  transport: Transport,
  onFile: (file: Fetched) => void,
): Promise<void> {
  const missing: WantedFile[] = [];
  for (const file of wanted) {
    if (await isThere(file)) onFile({ path: file.to, was: 'there' });
    else missing.push(file);
  }
  const queue = new PQueue({ concurrency: atOnce });
  await Promise.all(
    groupBySize(missing).map((group) =>
      queue.add(async () => {
        const made = await bringGroup(group, transport);
        for (const [index, { from, to, sha256 }] of group.entries()) {
          if (made[index] !== sha256) throw changed(from);
          onFile({ path: to, was: 'fetched' });
        }
      }),
    ),
  );
}

async function bringGroup(
  group: readonly WantedFile[],
  transport: Transport,
): Promise<readonly (string | undefined)[]> {
  const [first] = group;
  if (group.length === 1 && first !== undefined)
    return [await transport.download(first.from, first.to, first.sha256)];
  return transport.downloadMany(
    group.map(({ from, to, sha256 }) => ({ sitePath: from, localPath: to, sha256 })),
  );
}

function changed(from: string): EspalierError {
  return new EspalierError(
    'changed-result',
    `\`${from}\` is not there any more, or not what the ledger knows`,
    {
      fault: 'site',
      hint: '`espalier resume` makes it again',
    },
  );
}

/** A file of this name may be of an earlier run, or half of one. */
async function isThere({ to, size, sha256 }: WantedFile): Promise<boolean> {
  const seen = await stat(to).catch(() => undefined);
  return seen?.isFile() === true && seen.size === size && (await hashFile(to)) === sha256;
}
