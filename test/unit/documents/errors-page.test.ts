import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${root}docs/errors.md`, 'utf8');

/** Codes as the sources write them: first argument of what reports, or the property `code`. */
const written =
  /(?:code: |(?:report|refuse|stop|wrong|problem|EspalierError|TemplateFault|#fault)\(\s*(?:context,\s*|node,\s*)?)'([a-z]+(?:-[a-z]+)+)'/g;

function codesOf(room: string): string[] {
  const files = readdirSync(`${root}src/${room}`).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(`${root}src/${room}/${name}`, 'utf8'));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(written)].map((match) => match[1] ?? '')))];
}

describe('docs/errors.md', () => {
  it.each(['documents', 'expressions', 'tools', 'compiler/parse'])('lists every code of src/%s', (room) => {
    const codes = codesOf(room);
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});
