/**
 * YAML text → checked workflow → plan: every task with its values, command, inputs, outputs and keys. What it reads it is
 * given as text and values; it must not know sites, shells, batch systems or the ledger, and it touches no disk.
 */
export { checkOutputName } from './expand/check-output-name.ts';
export { chooseEngines, type EngineOffer } from './expand/choose-engines.ts';
export { expand } from './expand/expand.ts';
export { contentKey } from './keys/content-key.ts';
export { diffKeyParts, type KeyDifference } from './keys/diff-key-parts.ts';
export { parseWorkflow } from './parse/parse-workflow.ts';
export { toolDescriptorSchema as toolSchema, workflowSchema } from './schema/json-schema.ts';
