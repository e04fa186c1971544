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
  let identities = '';
  for (const input of inputs) identities += `${identities === '' ? '' : ','}${inputIdentity(input)}`;
  return sha256(`{"inputs":[${identities}],"staticKey":${JSON.stringify(staticKey)}}`);
}

/** Written out: a plan has one for each file of each task, and an object made to be written takes twice the time. */
function inputIdentity({ role, index, from }: PlannedInput): string {
  const said = JSON.stringify;
  if (from.kind === 'task')
    return `{"index":${index},"output":${said(from.output)},"planKey":${said(from.planKey)},"role":${said(role)}}`;
  const { site, path, size, mtimeMs, inode } = from.file;
  const state = `"inode":${said(inode)},"mtimeMs":${finite(mtimeMs)}`;
  return `{"index":${index},${state},"path":${said(path)},"role":${said(role)},"site":${said(site)},"size":${finite(size)}}`;
}
