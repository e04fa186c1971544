import { dirname } from 'node:path';
import { readCollection } from '../collections/index.ts';
import {
  accept,
  type Checked,
  type Collection,
  type Problem,
  refuse,
  type Workflow,
} from '../model/index.ts';
import { localSiteName } from './local-site.ts';

/** Every collection of a workflow, read from this machine's disk; the problems of all together. */
export async function scanCollections(
  workflow: Workflow,
  dataFolder: string,
): Promise<Checked<Readonly<Record<string, Collection>>>> {
  const places = { dataFolder, workflowFolder: dirname(workflow.file), site: localSiteName };
  const found: Record<string, Collection> = {};
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const source of Object.values(workflow.collections)) {
    const read = await readCollection(source, places);
    if (read.ok) {
      found[source.name] = read.value;
      warnings.push(...read.warnings);
    } else problems.push(...read.problems);
  }
  return problems.length > 0 ? refuse(...problems) : accept(found, warnings);
}
