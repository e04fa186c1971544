import type { FileIdentity } from '../../model/index.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { sha256 } from './sha256.ts';

/** An input whose content may not be known yet: a file as it was listed, or an output that a task will make. */
export interface PlannedInput {
  readonly role: string;
  readonly index: number;
  readonly from:
    | { readonly kind: 'file'; readonly file: FileIdentity }
    | { readonly kind: 'task'; readonly planKey: string; readonly output: string };
}

/** Stands in for the content key while inputs are unknown, 64 hex digits. Nothing is ever reused on it alone. */
export function planKey(staticKey: string, inputs: readonly PlannedInput[]): string {
  return sha256(canonicalJson({ staticKey, inputs: inputs.map(inputIdentity) }));
}

function inputIdentity({ role, index, from }: PlannedInput): Json {
  if (from.kind === 'task') return { role, index, planKey: from.planKey, output: from.output };
  const { site, path, size, mtimeMs, inode } = from.file;
  return { role, index, site, path, size, mtimeMs, inode };
}
