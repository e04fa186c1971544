// Puts the compiled command line and the packages it uses into a few files, so that Node need not find and open a thousand of them
// before a command begins. CommonJS, because some of the packages ask for `__dirname`. After a compiled file was changed by hand,
// `node scripts/bundle.mjs dist` does it again.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** What is compiled for this machine, may be missing, or (lerc) comes without the text of its licence. */
const apart = /^(better-sqlite3|cpu-features|webgpu|lerc)$|\.node$/;

const here = dirname(fileURLToPath(import.meta.url));

const start = `#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../bundle/load.mjs';

const { main } = loadBundle(join(dirname(fileURLToPath(import.meta.url)), '../bundle'), 'cli.cjs');
process.exitCode = await main(process.argv.slice(2));
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(resolve(process.argv[2] ?? 'dist'));

/** Writes `bundle/` in the folder of the compiled program, with the licences of what it holds, and lets `bin/espalier.js` start it. */
export async function bundle(dist) {
  const out = join(dist, 'bundle');
  rmSync(out, { recursive: true, force: true });
  const build = await rolldown({
    input: { cli: join(dist, 'src/cli/index.js') },
    platform: 'node',
    external: apart,
    plugins: [keepPlaces(dist), makeLate()],
    onLog: (level, log, say) => {
      // yargs resolves what a configuration file extends; the command line reads no such file.
      if (log.code === 'EMPTY_IMPORT_META' && log.id?.includes('/yargs/')) return;
      if (level === 'warn') throw new Error(log.message);
      say(level, log);
    },
  });
  const { output } = await build.write({
    dir: out,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  });
  await build.close();
  for (const { fileName } of output) spellOut(join(out, fileName));
  writeFileSync(join(out, 'LICENCES.txt'), licencesOf(output.flatMap(({ moduleIds }) => moduleIds ?? [])));
  copyFileSync(join(here, 'load-bundle.mjs'), join(out, 'load.mjs'));
  writeFileSync(join(dist, 'bin/espalier.js'), start);
  execFileSync(process.execPath, [join(here, 'warm-bundle.mjs'), dist], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 120_000,
  });
}

/** Templates, migrations and package.json are found from where a module lay, not from the bundle. */
function keepPlaces(dist) {
  return {
    name: 'keep-places',
    transform(code, id) {
      if (id.includes('node_modules') || !code.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(join('..', relative(dist, id)));
      return code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`);
    },
  };
}

/** Letters beyond ASCII become escapes: text of one byte a letter takes half the time to load. */
function spellOut(file) {
  const text = readFileSync(file, 'utf8');
  if (/String\.raw`[^`]*[^\p{ASCII}]/u.test(text)) throw new Error(`${file}: a raw text cannot hold escapes`);
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(
    file,
    text.replace(/[^\p{ASCII}]/gu, (letter) => letter.split('').map(escaped).join('')),
  );
}

/**
 * What measures the width of text on a screen is made when a first text is measured: Unicode's tables take 40 ms to load, and most
 * commands print no help page.
 */
function makeLate() {
  const late = [
    [/^const segmenter = (new Intl\.Segmenter\(\));$/m, 'segment'],
    [/^const rgiEmojiRegex = (\/.*\/v);$/m, 'test'],
  ];
  const seen = new Set();
  return {
    name: 'make-late',
    transform(code, id) {
      if (!/\/string-width\/[^/]+$/.test(id)) return undefined;
      return late.reduce((text, [early, method]) => {
        const [line, made] = early.exec(text) ?? [];
        if (line === undefined) return text;
        seen.add(method);
        const [, name] = line.split(' ');
        return text.replace(
          line,
          () =>
            `let ${name}Made;\nconst ${name} = { ${method}: (text) => (${name}Made ??= ${made}).${method}(text) };`,
        );
      }, code);
    },
    buildEnd() {
      const gone = late.filter(([, method]) => !seen.has(method)).map(([early]) => String(early));
      if (gone.length > 0)
        throw new Error(`string-width has changed: nothing in it reads ${gone.join(' or ')}`);
    },
  };
}

/** Each package's name and version with its licence text: what is copied must carry it. */
function licencesOf(modules) {
  const folders = new Set(modules.filter((id) => id.includes('node_modules')).map(packageFolder));
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n`);
}

function packageFolder(id) {
  let folder = dirname(id);
  while (
    !existsSync(join(folder, 'package.json')) ||
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === undefined
  )
    folder = dirname(folder);
  return folder;
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined)
    throw new Error(`${name} comes without the text of its licence: leave it out of the bundle`);
  const text = readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
