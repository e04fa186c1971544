import { readFile } from 'node:fs/promises';
import { statFiles } from '../../backends/index.ts';
import { type ContainerImage, EspalierError, type Plan } from '../../model/index.ts';
import { type ProvidedImage, shellQuote } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';

type Open = Pick<OpenSite, 'site' | 'backend'>;

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
  const insecure = site.containers.insecureRegistries.some((host) => source.includes(`://${host}/`));
  const ran = await backend.transport.run(
    provideScript(path, source, { program, prelude, folder, build: isDefinition, insecure }),
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
  how: {
    readonly program: string;
    readonly prelude: readonly string[];
    readonly folder: string;
    readonly build: boolean;
    readonly insecure: boolean;
  },
): string {
  const { program, prelude, folder, build, insecure } = how;
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
    `    "$program" ${verb} ${insecure ? '--no-https ' : ''}"$image.part" "$source" >&2 && "$program" inspect "$image.part" >/dev/null || exit 1`,
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
