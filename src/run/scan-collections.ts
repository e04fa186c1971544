import { dirname } from 'node:path';
import { type CollectionPlaces, readCollection } from '../collections/index.ts';
import {
  accept,
  type Checked,
  type Collection,
  type CollectionSource,
  type Problem,
  refuse,
  type Workflow,
} from '../model/index.ts';
import { siteAccess } from './inputs-at-site.ts';
import { nearestSite, type SiteSettings, siteNames } from './sites/load-site.ts';
import type { OpenSite } from './with-site.ts';

/** Every collection of a workflow, from this machine's disk or from the site it lies on; the problems of all together. */
export async function scanCollections(
  workflow: Workflow,
  dataFolder: string,
  settings: SiteSettings,
  open: Pick<OpenSite, 'site' | 'backend'>,
): Promise<Checked<Readonly<Record<string, Collection>>>> {
  const found: Record<string, Collection> = {};
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const source of Object.values(workflow.collections)) {
    const read = await readFrom(
      source,
      { dataFolder, workflowFolder: dirname(workflow.file) },
      settings,
      open,
    );
    if (read.ok) {
      found[source.name] = read.value;
      warnings.push(...read.warnings);
    } else problems.push(...read.problems);
  }
  return problems.length > 0 ? refuse(...problems) : accept(found, warnings);
}

async function readFrom(
  source: CollectionSource,
  places: Pick<CollectionPlaces, 'dataFolder' | 'workflowFolder'>,
  settings: SiteSettings,
  { site, backend }: Pick<OpenSite, 'site' | 'backend'>,
): Promise<Checked<Collection>> {
  const { at, name, place } = source;
  if (at === undefined) return readCollection(source, { ...places, site: 'local' });
  if (at.site !== site.name) return refuse(await elsewhere(name, at, site.name, settings));
  if (source.table !== undefined) {
    const message = `collection \`${name}\`: a table lies on this machine, so \`at\` cannot go with it`;
    return refuse({ code: 'table-at-site', message, hint: 'use a pattern', place });
  }
  return readCollection(source, {
    ...places,
    dataFolder: at.folder,
    site: site.name,
    access: siteAccess(backend.transport),
  });
}

async function elsewhere(
  collection: string,
  { site, place }: NonNullable<CollectionSource['at']>,
  here: string,
  settings: SiteSettings,
): Promise<Problem> {
  const known = await siteNames(settings);
  const lies = `collection \`${collection}\` lies on the site \`${site}\``;
  return known.includes(site)
    ? {
        code: 'other-site',
        message: `${lies}, and the run is to be on \`${here}\``,
        hint: `run it with \`--site ${site}\``,
        place,
      }
    : {
        code: 'no-site',
        message: `${lies}, and there is no such site`,
        hint: nearestSite(site, known),
        place,
      };
}
