import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashFiles, statFiles } from '../backends/index.ts';
import {
  accept,
  type Checked,
  type ContainerImage,
  EspalierError,
  type Plan,
  type Problem,
  refuse,
  type Step,
  type Workflow,
} from '../model/index.ts';
import { type ProvidedImage, shellQuote } from '../templates/index.ts';
import type { Settings } from './settings.ts';
import type { OpenSite } from './with-site.ts';

type Open = Pick<OpenSite, 'site' | 'backend'>;

/**
 * Every image of a workflow gets its digest: that of a registry as it is pinned, of a definition file's text, or of the .sif
 * itself. On a site without a container runtime a tool with an image is refused, unless it says that it may run on the host.
 */
export async function resolveImages(
  workflow: Workflow,
  open: Open,
  settings: Pick<Settings, 'containerFolders'>,
): Promise<Checked<Workflow>> {
  const problems: Problem[] = [];
  const steps: Step[] = [];
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
    const found = await resolveImage(container, folder, open, settings);
    if ('digest' in found)
      steps.push({ ...step, tool: { ...step.tool, container: { ...container, ...found } } });
    else problems.push({ ...found, place: step.place });
  }
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
): Promise<Found | Problem> {
  if (/^(docker|oras|library):\/\//.test(image)) {
    if (digest !== undefined) return { digest };
    const message = `the image \`${image}\` is not pinned`;
    const hint =
      'a tag may mean another image tomorrow: add its digest, `…@sha256:…` (`skopeo inspect` shows it)';
    return { code: 'not-pinned', message, hint };
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

/** Images by step, each on the site and checked. What is missing is fetched or built there once, under a lock. */
export async function provideImages(plan: Plan, open: Open): Promise<ReadonlyMap<string, ProvidedImage>> {
  const provided = new Map<string, ProvidedImage>();
  const byDigest = new Map<string, ProvidedImage>();
  for (const { name, container } of plan.steps) {
    if (container?.digest === undefined) continue;
    const key = `${container.image} ${container.digest}`;
    const image = byDigest.get(key) ?? (await provideImage(container, container.digest, open));
    byDigest.set(key, image);
    provided.set(name, image);
  }
  return provided;
}

async function provideImage(container: ContainerImage, digest: string, open: Open): Promise<ProvidedImage> {
  const { site, backend } = open;
  const { program, prelude, folder } = site.containers;
  const hex = digest.replace('sha256:', '');
  const isDefinition = container.image.endsWith('.def');
  const onSite = container.file === undefined && container.image.endsWith('.sif');
  const path = onSite ? container.image : `${folder}/${hex}${isDefinition ? '-built' : ''}.sif`;
  if (container.file?.endsWith('.sif') === true) {
    const [seen] = await statFiles(backend.transport, [path]);
    if (seen === undefined) await backend.transport.upload(container.file, path, hex);
  } else if (container.file !== undefined) {
    const text = await readFile(container.file, 'utf8');
    await backend.transport.put([{ path: `${folder}/${hex}.def`, content: text }]);
  }
  const source = isDefinition
    ? `${folder}/${hex}.def`
    : `${container.image.replace(/:[^/:@]+$/, '')}@${digest}`;
  const ran = await backend.transport.run(
    provideScript(path, source, isDefinition, { program, prelude, folder }),
    {
      timeoutMs: 6 * 3600_000,
    },
  );
  const [runtime, sha256] = ran.stdout.trimEnd().split('\n').slice(-2);
  const [file] = await statFiles(backend.transport, [path]);
  if (ran.code !== 0 || runtime === undefined || !/^[0-9a-f]{64}$/.test(sha256 ?? '') || file === undefined)
    throw new EspalierError(
      'no-image',
      `the image \`${container.image}\` cannot be had on \`${site.name}\`: ${lastLines(ran.stderr)}`,
      {
        fault: 'site',
        hint: 'try it by hand on the login host; what was begun has been removed',
      },
    );
  if (path.endsWith('.sif') && (onSite || container.file?.endsWith('.sif')) && sha256 !== hex)
    throw new EspalierError('image-changed', `the image \`${path}\` is not the one that was planned`, {
      fault: 'site',
      hint: 'plan again if the new one is meant; results made with the old one stay what they are',
    });
  return { program, runtime, path, sha256: sha256 ?? '', size: file.size, mtime: file.mtime };
}

/** Once per site: a folder is the lock; the image appears whole, under a name made of what it was made from. */
function provideScript(
  path: string,
  source: string,
  build: boolean,
  {
    program,
    prelude,
    folder,
  }: { readonly program: string; readonly prelude: readonly string[]; readonly folder: string },
): string {
  const verb = build ? 'build' : 'pull';
  return [
    ...prelude,
    'umask 077',
    `folder=${shellQuote(folder)} image=${shellQuote(path)} source=${shellQuote(source)} program=${shellQuote(program)}`,
    'version=$("$program" --version) || exit 1',
    'if [ ! -e "$image" ]; then',
    '  mkdir -p -- "$folder/cache" "$folder/tmp"',
    '  export APPTAINER_CACHEDIR="$folder/cache" APPTAINER_TMPDIR="$folder/tmp" SINGULARITY_CACHEDIR="$folder/cache" SINGULARITY_TMPDIR="$folder/tmp"',
    '  tries=0',
    '  until mkdir -- "$image.lock" 2>/dev/null; do',
    '    [ ! -e "$image" ] || break',
    '    tries=$((tries + 1))',
    '    [ "$tries" -lt 7200 ] || { echo "somebody else has been making $image for two hours; remove $image.lock if not" >&2; exit 1; }',
    '    sleep 1',
    '  done',
    '  if [ ! -e "$image" ]; then',
    '    trap \'rm -rf -- "$image.part" "$image.lock"\' EXIT',
    `    "$program" ${verb} "$image.part" "$source" >&2 && "$program" inspect "$image.part" >/dev/null || exit 1`,
    '    mv -f -- "$image.part" "$image"',
    '  fi',
    '  rmdir -- "$image.lock" 2>/dev/null',
    'fi',
    'sum=$(if command -v openssl >/dev/null; then openssl dgst -sha256 -r <"$image"; else sha256sum <"$image"; fi) || exit 1',
    `printf '\\n%s\\n%s\\n' "$version" "\${sum%% *}"`,
  ].join('\n');
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ') || 'it gave no reason';
}
