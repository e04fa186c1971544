import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toolDescriptorSchema, workflowSchema } from '../../../../src/compiler/schema/json-schema.ts';

const file = (name: string): URL => new URL(`../../../../schemas/${name}`, import.meta.url);

describe.each([
  ['workflow.schema.json', workflowSchema],
  ['tool.schema.json', toolDescriptorSchema],
])('%s', (name, make) => {
  it('is what scripts/schemas.mjs would write now', () => {
    expect(JSON.parse(readFileSync(file(name), 'utf8'))).toEqual(JSON.parse(JSON.stringify(make())));
  });

  it('helps an editor: every key of a step, a tool and a parameter has a text', () => {
    const text = JSON.stringify(make());
    expect(text).toContain('What its values are.');
    expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(withoutHelp(make())).toEqual([]);
  });
});

/** Keys of objects with fixed keys that nothing describes. */
function withoutHelp(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]): string[] => {
    const below = withoutHelp(value, `${path}/${key}`);
    if (key !== 'properties' || typeof value !== 'object' || value === null) return below;
    const bare = Object.entries(value).filter(
      ([, each]) => !('description' in Object(each)) && !('$ref' in Object(each)),
    );
    return [...below, ...bare.map(([name]) => `${path}/${name}`)];
  });
}
