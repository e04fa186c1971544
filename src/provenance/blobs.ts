import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, deflateSync, inflateSync } from 'node:zlib';
import { EspalierError } from '../model/index.ts';
import type { Store } from './file/store.ts';

/** What was put last: the event that comes with a plan reads it at once, and need not unpack it. Given out once. */
const justPut = new WeakMap<Store, { readonly sha256: string; readonly bytes: Uint8Array }>();

/** A text made ready to be stored. */
export interface PackedBlob {
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly deflated: Uint8Array;
}

/** The lowest level: plans repeat themselves so much that more effort saves little and costs seconds. In few pieces: each interrupts us. */
const effort = { level: 1, chunkSize: 1024 * 1024 };

/** Its hash at once, and the rest beside what else goes on: a long text takes a while. */
export function packBlob(bytes: Uint8Array): {
  readonly sha256: string;
  readonly packed: Promise<PackedBlob>;
} {
  const sha256 = hashOf(bytes);
  const pack = async (): Promise<PackedBlob> => {
    return { sha256, bytes, deflated: await promisify(deflate)(bytes, effort) };
  };
  return { sha256, packed: pack() };
}

/** Stores a text once under its own sha256 (hex), inside the caller's transaction. */
export function putBlob(store: Store, content: string | Uint8Array | PackedBlob): string {
  const packed = typeof content === 'string' || content instanceof Uint8Array ? packNow(content) : content;
  const { sha256, bytes } = packed;
  justPut.set(store, { sha256, bytes });
  if (hasBlob(store, sha256)) return sha256;
  const data = packed.deflated ?? deflateSync(bytes, effort);
  store.run('insert into blob (sha256, size, data) values (?, ?, ?)', sha256, bytes.length, data);
  return sha256;
}

function packNow(content: string | Uint8Array): Omit<PackedBlob, 'deflated'> & { readonly deflated?: never } {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return { sha256: hashOf(bytes), bytes };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hasBlob(store: Store, sha256: string): boolean {
  return store.one('select 1 from blob where sha256 = ?', sha256) !== undefined;
}

/** @throws EspalierError `ledger-no-blob` */
export function readBlob(store: Store, sha256: string): Uint8Array {
  const fresh = justPut.get(store);
  justPut.delete(store);
  // A transaction that was undone took the row with it.
  if (fresh?.sha256 === sha256 && hasBlob(store, sha256)) return fresh.bytes;
  const row = store.one<{ data: Uint8Array }>('select data from blob where sha256 = ?', sha256);
  if (row !== undefined) return inflateSync(row.data);
  throw new EspalierError('ledger-no-blob', `the ledger holds no text with the hash \`${sha256}\``, {
    fault: 'ledger',
    hint: 'Give the text together with the event that names it.',
  });
}
