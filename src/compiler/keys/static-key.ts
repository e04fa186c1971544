import type { KeyParts } from '../../model/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { sha256 } from './sha256.ts';

/**
 * Everything of a task's key but the contents of its inputs, as 64 hex digits. The members are named one by one, so
 * that a field added to a value at run time cannot slip into the key.
 */
export function staticKey(parts: KeyParts): string {
  const { command, values, tool, cacheVersion, container, environment, outputs } = parts;
  return sha256(canonicalJson({ cacheVersion, command, container, environment, outputs, tool, values }));
}
