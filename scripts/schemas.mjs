// Writes schemas/*.json from the built package. `npm run build` first; a test checks that they are current.
import { writeFileSync } from 'node:fs';
import { toolDescriptorSchema, workflowSchema } from '../dist/src/compiler/schema/json-schema.js';

const write = (name, schema) =>
  writeFileSync(new URL(`../schemas/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);

write('workflow.schema.json', workflowSchema());
write('tool.schema.json', toolDescriptorSchema());
