import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../../../src/compiler/parse/parse-workflow.ts';
import { compileTemplate, evaluateText, type Scope } from '../../../../src/expressions/index.ts';
import { EspalierError, type Tool } from '../../../../src/model/index.ts';
import { parseTool } from '../../../../src/tools/index.ts';
import { expectFit, mutated } from '../../../mutated-text.ts';

/** The same cases in every run: a failure can be looked at, and none comes by chance. */
const settings = { numRuns: 150, seed: 20_261_122 };
const watchdog = 300_000;

const toolText = `name: blur
version: 1.0
summary: blurs an image
inputs: { image: file, psf: { type: file, optional: true } }
outputs: { image: "{{ inputs.image | stem }}_blurred.tif" }
parameters: { sigma: { type: number, unit: um, minimum: 0, default: 1.5 } }
command: [blur, { if: inputs.psf, words: [--psf, "{{ inputs.psf }}"] }, "{{ sigma }}", "{{ inputs.image }}"]
resources: { memory: 4GB, time: 30m, cpus: "{{ 2 if sigma > 1 else 1 }}" }
`;

const workflowText = `name: w
parameters: { sigma: { type: number, unit: um, default: 2 } }
collections:
  raw: { pattern: "{cell}_t{time:int}.tif" }
steps:
  blur: { tool: blur, for-each: raw, with: { sigma: "{{ sigma }}" } }
  join:
    group: { by: cell, order: time }
    from: blur.image
    inputs: { image: files }
    run: |
      cat {{ inputs.image }} > {{ outputs.all }}
    outputs: { all: "{{ item.cell }}.tif" }
`;

describe('mutated input', () => {
  it('never gets more from parseTool than a tool or problems', { timeout: watchdog }, () => {
    fc.assert(
      fc.property(mutated(toolText), (text) => {
        const parsed = parseTool(text, 't.yaml');
        if (!parsed.ok) {
          expect(parsed.problems.length).toBeGreaterThan(0);
          expectFit(parsed.problems, text);
        } else expectSound(parsed.value);
      }),
      settings,
    );
  });

  it('never gets more from parseWorkflow than a workflow or problems', { timeout: watchdog }, () => {
    const parsedTool = parseTool(toolText, 't.yaml');
    if (!parsedTool.ok) throw new Error('the tool is not well');
    fc.assert(
      fc.property(mutated(workflowText), (text) => {
        const parsed = parseWorkflow(text, 'w.yaml', { blur: parsedTool.value });
        expectFit(parsed.ok ? parsed.warnings : parsed.problems, text);
        if (!parsed.ok) return;
        expect(parsed.value.steps.length).toBeGreaterThan(0);
        const names = parsed.value.steps.map((step) => step.name);
        for (const [i, step] of parsed.value.steps.entries()) {
          const main = step.group?.from ?? step.forEach;
          expect(Object.hasOwn(step.tool.inputs, step.inputRole)).toBe(true);
          if (main?.kind === 'output') expect(names.slice(0, i)).toContain(main.step);
          if (main?.kind === 'collection')
            expect(Object.hasOwn(parsed.value.collections, main.name)).toBe(true);
        }
      }),
      settings,
    );
  });

  it('never gets more from a template than a text or an error that names something', {
    timeout: watchdog,
  }, () => {
    const scope: Scope = { a: 1, b: 'x', item: { cell: 'c', list: [1, 2] } };
    const tokens = fc.constantFrom(
      '{{',
      '}}',
      ' ',
      'a',
      'b',
      'item',
      '.cell',
      '.list',
      '[0]',
      '[',
      ']',
      '(',
      ')',
      '|',
      'join(",")',
      'pad(3)',
      'round',
      'stem',
      '+',
      '-',
      '*',
      '/',
      '//',
      '%',
      '**',
      '~',
      '==',
      '<',
      'and',
      'or',
      'not ',
      ' if ',
      ' else ',
      ' in ',
      '1',
      '2.5',
      '"x"',
      "'",
      ',',
      '.',
      'constructor',
      '__proto__',
      '{%',
      '{#',
      '#}',
      '\\',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 14 }), (parts) => {
        const compiled = compileTemplate(`{{ ${parts.join('')} }}`);
        if (!compiled.ok) {
          expect(compiled.message).not.toMatch(/undefined|parse[A-Z]|\[object/);
          return;
        }
        try {
          expect(typeof evaluateText(compiled.template, scope)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(EspalierError);
        }
      }),
      { ...settings, numRuns: 1_500 },
    );
  });
});

/** A tool that was accepted has only templates that can be read. */
function expectSound(tool: Tool): void {
  for (const { name } of Object.values(tool.outputs)) expect(compileTemplate(name).ok).toBe(true);
  expect(Object.keys(tool.inputs).some((role) => role in Object.prototype)).toBe(false);
}
