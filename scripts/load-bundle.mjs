// Lies beside the bundled command line as `load.mjs` and starts it. V8 keeps what it made of a file, also of the functions that were called,
// in `NAME.cache`; with it a start need not read 2 MB of text again. A cache for another text, or another Node, is passed over.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';

const hashBytes = 32;

/**
 * Gives what a file of the bundle exports. `onScript` hears of each file as it is loaded: its name, the script, and whether its cache
 * served.
 */
export function loadBundle(folder, entry, onScript = () => undefined) {
  const loaded = new Map();
  return load(entry);

  function load(name) {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module);
    const file = join(folder, name);
    const nodes = createRequire(file);
    const require = (id) => (/^\.\/[\w.-]+\.cjs$/.test(id) ? load(id.slice(2)) : nodes(id));
    const run = compile(name, file);
    run.call(module.exports, module.exports, Object.assign(require, nodes), module, file, folder);
    return module.exports;
  }

  function compile(name, file) {
    const source = readFileSync(file);
    const cachedData = readCache(`${file}.cache`, source);
    const script = new vm.Script(Module.wrap(source.latin1Slice()), {
      // Kept in the cache too: not a path of the machine that built it.
      filename: `espalier/bundle/${name}`,
      cachedData,
    });
    onScript(name, script, cachedData !== undefined && script.cachedDataRejected === false);
    return script.runInThisContext();
  }
}

/** V8 itself compares only the length of the text. */
function readCache(path, source) {
  let stored;
  try {
    stored = readFileSync(path);
  } catch {
    return undefined;
  }
  const cache = stored.subarray(hashBytes);
  return stored.subarray(0, hashBytes).equals(seal(source, cache)) ? cache : undefined;
}

/** What stands before the cache of a text. V8 knows its own version; of the machine it asks nothing, and a package may travel. */
export function seal(source, cache) {
  const node = `${process.version} ${process.platform} ${process.arch}\n`;
  return createHash('sha256').update(node).update(source).update(cache).digest();
}
