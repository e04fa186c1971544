import type { KeyParts } from '../../model/index.ts';
import { canonicalJson, finite } from './canonical-json.ts';
import { sha256 } from './sha256.ts';

/**
 * Everything of a task's key but the contents of its inputs, as 64 hex digits. The members are named one by one, so
 * that a field added to a value at run time cannot slip into the key; they stand in their order, which makes it canonical JSON.
 */
export function staticKey(parts: KeyParts): string {
  const { command, values, tool, cacheVersion, container, environment, outputs } = parts;
  const begin = `{"cacheVersion":${finite(cacheVersion)},"command":${JSON.stringify(command)},"container":${JSON.stringify(container)}`;
  const made = `"environment":${sharedJson(environment)},"outputs":${canonicalJson(outputs)}`;
  return sha256(`${begin},${made},"tool":${JSON.stringify(tool)},"values":${sharedJson(values)}}`);
}

/** Of objects that many tasks share, the text is made once. */
const texts = new WeakMap<object, string>();

function sharedJson(value: KeyParts['values']): string {
  const text = texts.get(value) ?? canonicalJson(value);
  texts.set(value, text);
  return text;
}
