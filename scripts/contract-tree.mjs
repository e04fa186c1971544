#!/usr/bin/env node
// Fills a folder with what the engines' contract suite and the measurements of GPUs need on a machine that has Node and nothing
// else: the program, its packages, the suite, vitest, and what a Linux machine loads of the package `webgpu`.
// usage: node scripts/contract-tree.mjs TO [FOLDER of the package webgpu]
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const to = resolve(process.argv[2] ?? join(root, 'build/contract'));
const webgpu = process.argv[3] ?? process.env.ESPALIER_WEBGPU;

execFileSync(process.execPath, [join(root, 'scripts/imaging-tree.mjs'), to], { stdio: 'inherit' });
const copy = (from, path) => cpSync(from, join(to, path), { recursive: true, dereference: true });
for (const path of [
  'src',
  'bench/gpu',
  'test/contract',
  'test/unit/imaging',
  'test/fixtures/otf',
  'test/shared-folder.ts',
  'test/webgpu-package.ts',
])
  copy(join(root, path), path);
for (const name of neededBy('vitest')) copy(join(root, 'node_modules', name), join('node_modules', name));
if (webgpu !== undefined)
  for (const part of ['index.js', 'package.json', 'dist/linux-x64'])
    copy(join(webgpu, part), join('node_modules/webgpu', part));

/** A package and, over and over, those it names, as far as they are installed. */
function neededBy(name, found = new Set()) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  if (found.has(name) || !existsSync(manifest)) return found;
  found.add(name);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) neededBy(each, found);
  return found;
}
