import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashFiles } from '../../backends/index.ts';
import {
  accept,
  type Checked,
  type ContainerImage,
  EspalierError,
  type Problem,
  refuse,
  type Step,
  type Workflow,
} from '../../model/index.ts';
import type { Settings } from '../settings.ts';
import type { OpenSite } from '../with-site.ts';
import { resolveTag } from './resolve-tag.ts';
import { TagLock } from './tag-lock.ts';

type Open = Pick<OpenSite, 'site' | 'backend'>;

/**
 * Every image of a workflow gets its digest: that of a registry as it is pinned or as its tag was first
 * found, of a definition file's text, or of the .sif
 * itself. On a site without a container runtime a tool with an image is refused, unless it says that it may run on the host.
 */
export async function resolveImages(
  workflow: Workflow,
  open: Open,
  settings: Pick<Settings, 'containerFolders'>,
): Promise<Checked<Workflow>> {
  const problems: Problem[] = [];
  const steps: Step[] = [];
  const lock = await TagLock.open(join(dirname(workflow.file), 'containers.lock'));
  for (const step of workflow.steps) {
    const { container, ...tool } = step.tool;
    if (container === undefined) {
      steps.push(step);
      continue;
    }
    if (open.site.containers.runtime === 'none') {
      if (container.optional === true) steps.push({ ...step, tool });
      else problems.push(noRuntime(step, container, open));
      continue;
    }
    const folder = step.tool.source === 'inline' ? dirname(workflow.file) : dirname(step.tool.source);
    const found = await resolveImage(container, folder, open, settings, lock);
    if ('digest' in found)
      steps.push({ ...step, tool: { ...step.tool, container: { ...container, ...found } } });
    else problems.push({ ...found, place: step.place });
  }
  await lock.save();
  return problems.length > 0 ? refuse(...problems) : accept({ ...workflow, steps });
}

function noRuntime(step: Step, { image }: ContainerImage, { site }: Open): Problem {
  return {
    code: 'no-container-runtime',
    message: `step \`${step.name}\` runs in \`${image}\`, and the site \`${site.name}\` runs no containers`,
    hint: 'say `containers: { runtime: apptainer }` in its profile, or run it on a site that has Apptainer',
    place: step.place,
  };
}

/** What is known of an image once it was found; `image` where it has another name on the site. */
type Found = { readonly digest: string; readonly file?: string; readonly image?: string };

async function resolveImage(
  { image, digest }: ContainerImage,
  folder: string,
  { site, backend }: Open,
  { containerFolders }: Pick<Settings, 'containerFolders'>,
  lock: TagLock,
): Promise<Found | Problem> {
  if (/^(docker|oras|library):\/\//.test(image)) {
    if (digest !== undefined) return { digest };
    try {
      return {
        digest: await lock.digest(image, (each) => resolveTag(each, site.containers.insecureRegistries)),
      };
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error;
      return {
        code: error.code,
        message: error.message,
        ...(error.hint !== undefined && { hint: error.hint }),
      };
    }
  }
  const onSite = site.containers.images[image] ?? (isAbsolute(image) ? image : undefined);
  for (const file of isAbsolute(image)
    ? [image]
    : [folder, ...containerFolders].map((each) => join(each, image))) {
    const sha256 = site.containers.images[image] === undefined ? await hashHere(file) : undefined;
    if (sha256 !== undefined) return { digest: `sha256:${sha256}`, file };
  }
  if (onSite?.endsWith('.sif') === true) {
    const [sha256] = await hashFiles(backend.transport, [onSite]);
    if (sha256 !== undefined) return { image: onSite, digest: `sha256:${sha256}` };
  }
  return noImage(image, onSite, site.name, containerFolders[0] ?? '.');
}

function noImage(image: string, onSite: string | undefined, site: string, home: string): Problem {
  if (onSite !== undefined && onSite !== image) {
    const message = `the image \`${onSite}\`, named by the profile of \`${site}\`, is not there`;
    return { code: 'no-image', message, hint: 'correct `containers: { images: … }` in the profile' };
  }
  const message = `the image \`${image}\` is not there`;
  const hint = isAbsolute(image)
    ? 'give docker://…@sha256:…, or the path of a .sif or .def file'
    : `put it into \`${home}\`, or name where it lies on the site: \`containers: { images: { ${image}: /path/on/the/site.sif } }\` in its profile; espalier’s own definition files are in its folder \`containers\``;
  return { code: 'no-image', message, hint };
}

async function hashHere(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
