import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

const faulty = `name: cells
parameters:
  angle: { type: nmber }
collections:
  raw: { pattern: "{cell}.tif" }
steps:
  deskew:
    tool: deskw
    for-each: rwa
`;

describe('espalier check', () => {
  it('says everything that is wrong at once, each with line, column, caret, code and the near miss', async () => {
    desk.write({ 'cells.yaml': faulty });
    const { code, stdout, stderr } = await desk.espalier('check', 'cells.yaml');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.split('\n');
    const at = (place: string): readonly string[] => {
      const index = lines.findIndex((line) => line.includes(`cells.yaml:${place}: `));
      expect(index, `${place} in ${stderr}`).toBeGreaterThanOrEqual(0);
      return lines.slice(index, index + 4);
    };
    const [type, , typeCaret, typeHint] = at('3:18');
    expect(type).toContain('[unknown-value]');
    expect(typeCaret).toBe(`    |${' '.repeat(18)}^^^^^`);
    expect(typeHint).toContain('did you mean `number`?');
    const [tool, toolLine, toolCaret, toolHint] = at('8:11');
    expect(tool).toContain('[unknown-tool]');
    expect(toolLine).toBe('  8 |     tool: deskw');
    expect(toolCaret).toBe(`    |${' '.repeat(11)}^^^^^`);
    expect(toolHint).toContain('did you mean `deskew`?');
    const [source, , , sourceHint] = at('9:15');
    expect(source).toContain('[unknown-source]');
    expect(sourceHint).toContain('did you mean `raw`?');
    expect(stderr).toContain('espalier: 3 problems');
  });

  it('gives the same problems as JSON, and nothing else', async () => {
    desk.write({ 'cells.yaml': faulty });
    const { code, stdout, stderr } = await desk.espalier('check', 'cells.yaml', '--output', 'json');
    expect(code).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      problems: [
        { code: 'unknown-value', place: { line: 3, column: 18, length: 5 } },
        { code: 'unknown-tool', place: { line: 8, column: 11, source: '    tool: deskw' } },
        { code: 'unknown-source', place: { line: 9, column: 15 } },
      ],
    });
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await desk.espalier('check', 'nothing.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no file `nothing.yaml` [no-file]');
  });

  it('says that a file is in order, or nothing at all when quiet', async () => {
    writeSmallWorkflow(desk);
    expect(await desk.espalier('check', 'work.yaml')).toEqual({
      code: 0,
      stdout: '`letters` is in order: 2 step(s) over 1 collection(s)\n',
      stderr: '',
    });
    expect(await desk.espalier('check', join(desk.folder, 'work.yaml'), '--quiet')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
