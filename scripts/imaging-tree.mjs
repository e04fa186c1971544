#!/usr/bin/env node
// Fills a folder (build/imaging unless named) with the built program and the packages it needs, for containers/imaging.def.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const to = resolve(process.argv[2] ?? join(root, 'build/imaging'));
if (!existsSync(join(root, 'dist/bin/espalier-imaging.js'))) {
  console.error('there is no dist: run `npm ci`, or `npm run build`, first');
  process.exit(1);
}
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
const list = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
  cwd: root,
  encoding: 'utf8',
});
const packages = list.split('\n').filter((path) => path.includes('node_modules'));
// What is compiled for this machine (the ledger's SQLite) is of no use to a program that reads and writes images.
const portable = packages.filter((path) => !/node_modules\/(better-sqlite3|cpu-features)(\/|$)/.test(path));
for (const path of ['dist', 'package.json', ...portable.map((each) => relative(root, each))])
  cpSync(join(root, path), join(to, path), { recursive: true, dereference: true });
console.log(`${relative(process.cwd(), to) || to}: the program and ${portable.length} packages`);
