import { readFile } from 'node:fs/promises';
import { statFiles } from '../../backends/index.ts';
import { type ContainerImage, EspalierError, type Plan } from '../../model/index.ts';
import type { ProvidedImage } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';
import { changedCode, makeImage } from './make-image.ts';

type Open = Pick<OpenSite, 'site' | 'backend'>;

/** Images by step, each on the site and checked. What is missing is fetched or built there once, under a lock. */
export async function provideImages(
  plan: Plan,
  open: Open,
  say: (text: string) => void,
): Promise<ReadonlyMap<string, ProvidedImage>> {
  const provided = new Map<string, ProvidedImage>();
  const byDigest = new Map<string, ProvidedImage>();
  for (const { name, container } of plan.steps) {
    if (container?.digest === undefined) continue;
    const key = `${container.image} ${container.digest}`;
    const image = byDigest.get(key) ?? (await provideImage(container, container.digest, open, say));
    byDigest.set(key, image);
    provided.set(name, image);
  }
  return provided;
}

async function provideImage(
  container: ContainerImage,
  digest: string,
  open: Open,
  say: (text: string) => void,
): Promise<ProvidedImage> {
  const { site, backend } = open;
  const { program, folder } = site.containers;
  const hex = digest.replace('sha256:', '');
  const isDefinition = container.image.endsWith('.def');
  const onSite = container.file === undefined && container.image.endsWith('.sif');
  const path = onSite ? container.image : `${folder}/${hex}${isDefinition ? '-built' : ''}.sif`;
  const [seen] = await statFiles(backend.transport, [path]);
  if (seen === undefined) say(`preparing the image ${container.image} on ${site.name}`);
  if (container.file?.endsWith('.sif') === true) {
    if (seen === undefined) await backend.transport.upload(container.file, path, hex);
  } else if (container.file !== undefined) {
    const text = await readFile(container.file, 'utf8');
    await backend.transport.put([{ path: `${folder}/${hex}.def`, content: text }]);
  }
  const source = isDefinition
    ? `${folder}/${hex}.def`
    : `${container.image.replace(/:[^/:@]+$/, '')}@${digest}`;
  const how = { path, source, build: isDefinition, isOurs: path.startsWith(`${folder}/`) };
  const { code, said, runtime, sha256 } = await makeImage(how, open);
  if (code === changedCode)
    throw imageChanged(path, 'is not the one that was made here: remove it, and it is made again');
  const [file] = await statFiles(backend.transport, [path]);
  if (code !== 0 || runtime === undefined || sha256 === undefined || file === undefined)
    throw new EspalierError(
      'no-image',
      `the image \`${container.image}\` cannot be had on \`${site.name}\`: ${said}`,
      {
        fault: 'site',
        hint: 'try it by hand on the login host; what was begun has been removed',
      },
    );
  if (path.endsWith('.sif') && (onSite || container.file?.endsWith('.sif')) && sha256 !== hex)
    throw imageChanged(path, 'is not the one that was planned: plan again if the new one is meant');
  return { program, runtime, path, sha256, size: file.size, mtime: file.mtime };
}

function imageChanged(path: string, what: string): EspalierError {
  return new EspalierError('image-changed', `the image \`${path}\` ${what}`, {
    fault: 'site',
    hint: 'results made with the old one stay what they are',
  });
}
