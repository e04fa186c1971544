import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { openTiff, writeTiff } from '../../src/formats/index.ts';
import type { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, onCluster } from './cluster.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/**
 * Debian's Node, Python and NumPy with what they need, taken from the login host: the base that a real site takes from a
 * registry. Alternatives are links that no package owns.
 */
const makeBase = `set -e
cd /
rm -rf /scratch/trixie && mkdir /scratch/trixie
depends='apt-cache -o APT::Default-Release= depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances'
packages=$($depends nodejs python3-numpy dash coreutils | grep '^[a-z]' | sed 's/:.*//' | sort -u)
{ find /usr/lib/*/ -maxdepth 1 -lname '/etc/alternatives/*'; dpkg-query -L $packages 2>/dev/null; find /etc/alternatives /etc/ld.so.cache; } |
  sort -u | while read -r file; do if [ -f "$file" ] || [ -L "$file" ]; then printf '%s\\n' "$file"; fi; done >/scratch/trixie.list
tar --no-recursion -cf - -T /scratch/trixie.list 2>/dev/null | tar -xf - -C /scratch/trixie
cd /scratch/trixie
for name in bin sbin lib lib64; do
  if [ -d "$name" ] && [ ! -L "$name" ]; then mkdir -p "usr/$name"; cp -an "$name/." "usr/$name/"; rm -rf "$name"; fi
  [ -L "$name" ] || ln -s "usr/$name" "$name"
done
mkdir -p tmp proc sys dev etc opt root var/tmp
`;

/** The shipped definition file in its NumPy form, built by the login host's Apptainer. */
function buildImage(): void {
  execFileSync(process.execPath, [
    join(root, 'scripts/imaging-tree.mjs'),
    join(cluster.scratch, 'build/imaging'),
  ]);
  cpSync(join(root, 'containers/cupy.def'), join(cluster.scratch, 'cupy.def'));
  writeFileSync(join(cluster.scratch, 'make-base.sh'), makeBase);
  const words =
    '--build-arg bootstrap=localimage --build-arg from=/scratch/trixie --build-arg arrays=numpy --mksquashfs-args "-noI -noD -noF"';
  for (const command of [
    'sh /scratch/make-base.sh',
    `cd /scratch && rm -f cupy.sif && apptainer -s build ${words} cupy.sif cupy.def && chmod 644 cupy.sif`,
  ]) {
    const made = cluster.login(command, 300);
    expect(made.code, made.stdout + made.stderr).toBe(0);
  }
}

/** Makes a file hold the same samples as float32, so that nothing downstream is rounded to whole counts. */
async function toFloat32(path: string): Promise<void> {
  const image = await openTiff(path);
  const { width, height, sizes, voxel } = image;
  const planes: Float32Array[] = [];
  for (let z = 0; z < sizes.z; z++) planes.push(Float32Array.from(await image.readPlane({ z, c: 0, t: 0 })));
  await image.close();
  await writeTiff(`${path}.part`, { width, height, sizes, voxel, pixelType: 'float32' }, planes);
  renameSync(`${path}.part`, path);
}

/** The largest difference of two stacks, as a share of the largest value; and what the second says of its engine. */
async function compare(here: string, there: string): Promise<{ distance: number; engine: string }> {
  const [a, b] = [await openTiff(here), await openTiff(there)];
  expect([b.width, b.height, b.sizes, b.pixelType]).toEqual([a.width, a.height, a.sizes, 'float32']);
  let [largest, difference] = [0, 0];
  for (let t = 0; t < a.sizes.t; t++)
    for (let z = 0; z < a.sizes.z; z++) {
      const [mine, theirs] = [await a.readPlane({ z, c: 0, t }), await b.readPlane({ z, c: 0, t })];
      for (let i = 0; i < mine.length; i++) {
        largest = Math.max(largest, Math.abs(mine[i] ?? 0));
        difference = Math.max(difference, Math.abs((mine[i] ?? 0) - (theirs[i] ?? 0)));
      }
    }
  await a.close();
  await b.close();
  return { distance: difference / largest, engine: b.notes.engine ?? '' };
}

const profile = `engines: [cupy]
containers: { runtime: apptainer, images: { cupy.sif: /scratch/cupy.sif } }
`;

interface Status {
  readonly run: { readonly folder: string; readonly counts: Record<string, number> };
}

onCluster('the engine cupy, in the NumPy form of its container', () => {
  beforeAll(buildImage, 400_000);

  it('computes the example on the nodes as cpu does here, and its files say what computed them', async () => {
    const desk = deskWithSite('cupy', 0, profile);
    desks.push(desk);
    const data = desk.data.replace('/scratch', cluster.scratch);
    execFileSync(process.execPath, [
      join(root, 'dist/bin/espalier-imaging.js'),
      ...['simulate', data, '--times=1', '--size=24x40x12', '--channels=2'],
    ]);
    for (const name of readdirSync(data).filter((each) => each.includes('_stack')))
      await toFloat32(join(data, name));
    execFileSync('chmod', ['-R', 'a+rX', data]);
    const example = join(root, 'workflows/lattice-light-sheet.yaml');
    const text = readFileSync(example, 'utf8').replace(/\{ pattern:/g, `{ at: "bed:${desk.data}", pattern:`);
    desk.write({ 'there.yaml': text });
    const ran = await desk.espalier('run', 'there.yaml', '--site', 'bed', '--set', 'engine=cupy');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { run } = await desk.json<Status>('status');
    expect(run.counts).toEqual({ succeeded: 6 });
    const there = join(run.folder.replace('/scratch', cluster.scratch), 'results');
    const here = await desk.espalier('run', example, '--data', data);
    expect(here.code, here.stdout + here.stderr).toBe(0);
    const local = join((await desk.json<Status>('status')).run.folder, 'results');
    const files = readdirSync(there, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.tif'));
    expect(files).toHaveLength(6);
    for (const file of files) {
      const { distance, engine } = await compare(join(local, file), join(there, file));
      // The example accelerates; a deskew differs only in the last bit.
      expect(distance, file).toBeLessThan(file.includes('deskew/') ? 1e-5 : 1e-4);
      expect(engine).toMatch(/^cupy on CPU, .*NumPy's arrays and no GPU/);
    }
  }, 400_000);

  it('computes the demo on the nodes', async () => {
    const desk = deskWithSite('cupy-demo', 0, profile);
    desks.push(desk);
    const words = ['--site', 'bed', '--size', '24x40x12', '--set', 'engine=cupy', '--set', 'iterations=3'];
    const ran = await desk.espalier('demo', 'made', ...words);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect((await desk.json<Status>('status')).run.counts).toEqual({ succeeded: 14 });
  }, 400_000);

  it('says what is missing where CuPy is asked for and the node has none, and ends with code 3', () => {
    const ran = cluster.login(
      'cd /scratch && made=$(mktemp -d -p /scratch) && in="apptainer -s exec --env ESPALIER_ARRAYS=cupy cupy.sif espalier-imaging" && $in simulate $made --times=1 --channels=1 --size=24x40x12 && $in otf $made/psf_ch0.tif $made/otf.tif --engine cupy 2>&1; echo code $?',
    );
    expect(ran.stdout, ran.stderr).toMatch(/the engine cupy cannot run here: .*cupy/);
    expect(ran.stdout).toMatch(/code 3/);
  });
});
