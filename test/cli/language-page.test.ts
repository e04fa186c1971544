import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../src/compiler/index.ts';
import { filterHelp } from '../../src/expressions/index.ts';
import type { Tool } from '../../src/model/index.ts';
import { parseTool } from '../../src/tools/index.ts';
import { readBlocks } from './pages.ts';

const file = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const toolBlocks = readBlocks('tools.md').filter(
  ({ language, mark }) => language === 'yaml' && mark === 'tool',
);
const workflowBlocks = ['workflow-language.md', 'tools.md'].flatMap((page) =>
  readBlocks(page)
    .filter(({ language, mark }) => language === 'yaml' && mark === '')
    .map((block) => ({ ...block, page })),
);

function read(text: string, name: string): Tool {
  const checked = parseTool(text, name);
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  return checked.value;
}

const tools: Readonly<Record<string, Tool>> = Object.fromEntries(
  [
    ...['deskew', 'deconvolve', 'project', 'otf', 'rotate', 'split'].map((name) =>
      file(`tools/${name}.yaml`),
    ),
    ...toolBlocks.map(({ text }) => text),
  ].map((text) => {
    const tool = read(text, 'tool.yaml');
    return [tool.name, tool];
  }),
);

describe('the examples of the pages on the language', () => {
  it.each(workflowBlocks)('the workflow at line $line of $page is read without a word', ({ text, page }) => {
    const checked = parseWorkflow(text, page, tools);
    const messages = [...(checked.ok ? checked.warnings : checked.problems)].map(
      ({ message, place }) => `${place?.line}: ${message}`,
    );
    expect(messages).toEqual([]);
  });

  it('are there: a page whose blocks are not found would pass everything', () => {
    expect(workflowBlocks.length).toBeGreaterThan(8);
    expect(toolBlocks.length).toBe(3);
  });

  it('wrap a command in ten lines', () => {
    expect(toolBlocks[0]?.text.trimEnd().split('\n')).toHaveLength(10);
  });

  it('name every filter there is, in the words of the filter itself', () => {
    const table = file('docs/workflow-language.md');
    const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \|$/gm)].map((row) => [row[1], row[2]]);
    expect(
      Object.entries(filterHelp).filter(([name, help]) => !rows.some(([n, h]) => n === name && h === help)),
    ).toEqual([]);
  });
});

describe('the page on the language names every key', () => {
  const page = file('docs/workflow-language.md');
  const { properties } = JSON.parse(file('schemas/workflow.schema.json'));
  const keys: readonly string[] = [
    ...Object.keys(properties),
    ...Object.keys(properties.steps.additionalProperties.properties),
  ];

  it.each(keys.map((key) => ({ key })))('`$key`', ({ key }) => {
    expect(keys.length).toBeGreaterThan(15);
    expect(page).toMatch(new RegExp(`\`[^\`\n]*${key}[^\`\n]*\``));
  });
});
