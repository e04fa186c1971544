import { expect, test } from 'vitest';
import { layOutGraph } from '../../../src/report/page/layout.ts';
import type { ReportStep } from '../../../src/report/report-data.ts';
import { smallPlan } from '../provenance/story.ts';

function step(name: string, after: readonly string[], reads: ReportStep['reads'] = []): ReportStep {
  const [base] = smallPlan([]).steps;
  if (base === undefined) throw new Error('no step');
  return { step: { ...base, name, after }, counts: { step: name, counts: {}, total: 0, times: null }, reads };
}

const raw = { name: 'raw', calibration: false };
const psf = { name: 'psf', calibration: true };

test('steps stand right of what they come after, and collections left of who reads them', () => {
  const layout = layOutGraph([
    step('deskew', [], [raw]),
    step('deconvolve', ['deskew'], [psf]),
    step('movie', ['deskew', 'deconvolve']),
  ]);
  expect(layout.nodes.map(({ id, kind, layer, row }) => [id, kind, layer, row])).toEqual([
    ['collection raw', 'data', 0, 0],
    ['deskew', 'step', 1, 0],
    ['collection psf', 'calibration', 1, 1],
    ['deconvolve', 'step', 2, 0],
    ['movie', 'step', 3, 0],
  ]);
  expect(layout.edges).toContainEqual({ from: 'collection psf', to: 'deconvolve' });
  expect([layout.layers, layout.rows]).toEqual([4, 2]);
});

test('a step and a collection may have one name, and a collection stands left of its first reader', () => {
  const { nodes } = layOutGraph([step('raw', [], [raw]), step('late', ['raw'], [raw])]);
  expect(nodes.map(({ id, layer }) => [id, layer])).toEqual([
    ['collection raw', 0],
    ['raw', 1],
    ['late', 2],
  ]);
});

test('no steps make no graph', () => {
  expect(layOutGraph([])).toEqual({ nodes: [], edges: [], layers: 0, rows: 0 });
});
