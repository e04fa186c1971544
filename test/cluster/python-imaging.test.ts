import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, onCluster } from './cluster.ts';

const definition = fileURLToPath(new URL('../../containers/python-imaging.def', import.meta.url));

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** Debian's Python with its packages, taken from the login host's own root: what a site with a network installs on a bare base. */
const makeTree = `set -e
cd /scratch && rm -rf python python.sif python-imaging.sif && mkdir python && cd python
mkdir -p usr/bin usr/lib usr/lib64 tmp proc sys dev etc && ln -s usr/bin usr/lib usr/lib64 .
packages=/usr/lib/python3/dist-packages
cp -aL --parents /usr/bin/python3 /usr/bin/bash /usr/bin/sh /usr/bin/env .
cp -a --parents /usr/lib/python3.13 $packages/numpy $packages/scipy $packages/tifffile .
ldd usr/bin/* usr/lib/python3.13/lib-dynload/*.so $packages/scipy/linalg/*.so $packages/scipy/special/*.so |
  grep -o '[[:space:]]/[^ ]*' | sort -u | xargs cp -L --parents -t .`;

/** The shipped definition file, built by the login host's Apptainer. Nothing is compressed: it is read once or twice. */
function buildImage(): void {
  const tree = cluster.root('login', makeTree);
  expect(tree.code, tree.stderr).toBe(0);
  cpSync(definition, join(cluster.scratch, 'python-imaging.def'));
  const build = "apptainer -s build --mksquashfs-args '-noI -noD -noF -noX'";
  const base = '--build-arg bootstrap=localimage --build-arg from=/scratch/python.sif';
  const made = cluster.login(
    `cd /scratch && ${build} python.sif python && ${build} ${base} python-imaging.sif python-imaging.def && chmod 644 python-imaging.sif`,
  );
  expect(made.code, made.stderr).toBe(0);
}

const program = `import sys, numpy, tifffile
from scipy.ndimage import gaussian_filter
image = numpy.zeros((5, 7, 9), "float32")
image[2, 3, 4] = 1
tifffile.imwrite("blurred.tif", gaussian_filter(image, 1))
back = tifffile.imread("blurred.tif")
print(back.shape, back.dtype, numpy.unravel_index(back.argmax(), back.shape) == numpy.array([2, 3, 4]), file=open(sys.argv[1], "w"))`;

onCluster('the image of `python-imaging.def`', () => {
  beforeAll(buildImage);

  it('gives a step numpy, scipy and tifffile', async () => {
    const desk = deskWithSite('python', 1, 'containers: { runtime: apptainer }\n');
    desks.push(desk);
    desk.write({
      'w.yaml': `name: python
collections:
  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }
steps:
  blur:
    for-each: raw
    container: /scratch/python-imaging.sif
    run: ${JSON.stringify(`python3 -c '${program}' {{ outputs.text }}`)}
    outputs: { text: "{{ item.t }}.out" }
    resources: { memory: 400MB, time: 5m }
`,
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const { run } = await desk.json<{ readonly run: { readonly folder: string } }>('status');
    const result = join(run.folder.replace('/scratch', cluster.scratch), 'results/blur/1.out');
    expect(readFileSync(result, 'utf8')).toBe('(5, 7, 9) float32 [ True  True  True]\n');
  });
});
