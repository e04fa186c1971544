import type { FileIdentity } from '../../model/index.ts';
import { finite } from './canonical-json.ts';
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
  // Canonical JSON: the members stand in their order here and in `inputIdentity`.
  return sha256(JSON.stringify({ inputs: inputs.map(inputIdentity), staticKey }));
}

function inputIdentity({ role, index, from }: PlannedInput) {
  if (from.kind === 'task') return { index, output: from.output, planKey: from.planKey, role };
  const { site, path, size, mtimeMs, inode } = from.file;
  return { index, inode, mtimeMs: finite(mtimeMs), path, role, site, size: finite(size) };
}
