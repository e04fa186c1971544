// Writes the caches of a bundle: `node scripts/warm-bundle.mjs DIST`. What the commands below call is compiled beforehand, so they are what people
// do most: plan and run a workflow, and look at it. They work in a folder of their own; whether they succeed changes nothing but what is in the cache.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const bundle = resolve(process.argv[2] ?? 'dist', 'bundle');
const { loadBundle, seal } = await import(pathToFileURL(join(bundle, 'load.mjs')).href);

const workflow = `
name: warm
collections:
  raw: { pattern: "raw/cell_t{t:int}.txt" }
steps:
  count:
    for-each: raw
    outputs: { size: "{{ item.t }}.txt" }
    run: 'wc -c <{{ inputs.image }} >{{ outputs.size }}'
    resources: { memory: 50MB, time: 5m }
`;

const desk = mkdtempSync(join(tmpdir(), 'espalier-warm-'));
try {
  mkdirSync(join(desk, 'raw'));
  for (let t = 1; t <= 3; t++) writeFileSync(join(desk, `raw/cell_t${t}.txt`), `image ${t}\n`);
  writeFileSync(join(desk, 'workflow.yaml'), workflow);
  process.env.ESPALIER_HOME = join(desk, 'home');
  process.chdir(desk);
  const scripts = new Map();
  const { main } = loadBundle(bundle, 'cli.cjs', (name, script) => scripts.set(name, script));
  for (const words of ['plan workflow.yaml', 'run workflow.yaml', 'runs', 'status', 'show'])
    await main(words.split(' '));
  for (const [name, script] of scripts) {
    const cache = script.createCachedData();
    const source = readFileSync(join(bundle, name));
    writeFileSync(join(bundle, `${name}.cache`), Buffer.concat([seal(source, cache), cache]));
  }
} finally {
  process.chdir('/');
  rmSync(desk, { recursive: true, force: true });
}
process.exit(0);
