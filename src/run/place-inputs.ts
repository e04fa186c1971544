import { basename } from 'node:path';
import PQueue from 'p-queue';
import { statFiles } from '../backends/index.ts';
import { type Collection, type FileIdentity, formatMemory, type Item } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { groupBySize } from './group-by-size.ts';
import { hashFile } from './hash-file.ts';
import type { OpenSite } from './with-site.ts';

/** A file of this machine, and where it lies on the site once it was sent. */
export interface SentInput {
  readonly local: FileIdentity;
  readonly placed: FileIdentity;
  readonly sha256: string;
}

/**
 * Images that lie on this machine, for a run that goes elsewhere: each gets a place named by its content, so that it is sent once
 * whatever it is called and however often it is used. Nothing is sent yet; files are hashed where their hash is not remembered.
 */
export async function placeInputs(
  collections: Readonly<Record<string, Collection>>,
  { site, ledger }: Pick<OpenSite, 'site' | 'ledger'>,
): Promise<{
  readonly collections: Readonly<Record<string, Collection>>;
  readonly inputs: readonly SentInput[];
}> {
  if (site.transport.kind === 'local') return { collections, inputs: [] };
  const byPath = new Map<string, SentInput>();
  const placed: Record<string, Collection> = {};
  for (const [name, collection] of Object.entries(collections)) {
    const items: Item[] = [];
    for (const item of collection.items) {
      const input =
        item.file.site === site.name
          ? undefined
          : await place(item.file, site.work, site.name, ledger, byPath);
      items.push(input === undefined ? item : { ...item, location: input.placed.path, file: input.placed });
    }
    placed[name] = { ...collection, items };
  }
  return { collections: placed, inputs: [...byPath.values()] };
}

async function place(
  local: FileIdentity,
  work: string,
  site: string,
  ledger: Ledger,
  known: Map<string, SentInput>,
): Promise<SentInput> {
  const before = known.get(local.path);
  if (before !== undefined) return before;
  const sha256 = ledger.rememberedHash(local) ?? (await hashFile(local.path));
  const path = `${work}/inputs/${sha256}/${basename(local.path)}`;
  // Its content is its identity: a copy there has times of its own.
  const input = {
    local,
    sha256,
    placed: { site, path, size: local.size, mtimeMs: 0, inode: sha256.slice(0, 16) },
  };
  known.set(local.path, input);
  return input;
}

/** Sends what is not there yet, each verified on arrival; the ledger then knows what the content of each place is. */
export async function sendInputs(
  inputs: readonly SentInput[],
  { backend, ledger }: Pick<OpenSite, 'backend' | 'ledger'>,
  nowMs: number,
  say: (text: string) => void,
): Promise<void> {
  if (inputs.length === 0) return;
  const seen = await statFiles(
    backend.transport,
    inputs.map(({ placed }) => placed.path),
  );
  const missing = inputs
    .filter(({ local }, index) => seen[index]?.size !== local.size)
    .map((input) => ({ ...input, size: input.local.size }));
  if (missing.length > 0) say(describe(missing));
  const queue = new PQueue({ concurrency: atOnce });
  await Promise.all(groupBySize(missing).map((group) => queue.add(() => sendGroup(group, backend))));
  const files = inputs.flatMap(({ local, placed, sha256 }) => [
    { ...local, sha256, hashedMs: nowMs },
    { ...placed, sha256, hashedMs: nowMs },
  ]);
  ledger.append([{ kind: 'files-hashed', files }]);
}

/** Transfers at once on the one connection. */
const atOnce = 3;

async function sendGroup(group: readonly SentInput[], { transport }: OpenSite['backend']): Promise<void> {
  const files = group.map(({ local, placed, sha256 }) => {
    return { localPath: local.path, sitePath: placed.path, sha256 };
  });
  const [first] = files;
  if (files.length === 1 && first !== undefined)
    await transport.upload(first.localPath, first.sitePath, first.sha256);
  else await transport.uploadMany(files);
}

function describe(missing: readonly { readonly size: number }[]): string {
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  return `sending ${missing.length} image(s), ${formatMemory(bytes)}`;
}
