import type { Binding } from './device.ts';
import { type LineTransform, lineTransform } from './line-transform.ts';
import type { Layout } from './spectrum.ts';

/** A kernel as text: what it binds, in order, and how many workgroups it takes. */
export interface KernelText {
  readonly label: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly groups: readonly [x: number, y: number];
}

export const roots: Binding = { name: 'roots', type: 'array<vec2f>', access: 'read' };
const spectrumIn: Binding = { name: 'spectrum', type: 'array<vec2f>', access: 'read' };
const spectrumOut: Binding = { name: 'spectrum', type: 'array<vec2f>', access: 'read_write' };
const real = (name: string, access: 'read' | 'read_write' = 'read'): Binding => ({
  name,
  type: 'array<f32>',
  access,
});
const stateIn: Binding = { name: 'state', type: 'State', access: 'read' };
const range: Binding = { name: 'counted', type: 'vec4u', access: 'uniform' };

/** float32's epsilon, as the mathematics has it. */
const epsilon = '1.1920928955078125e-7';

/** `weight` carries the estimate on along its last change; `square` and `iteration` are for the next weight. */
export const stateDeclared = 'struct State { weight: f32, square: f32, iteration: u32, unused: u32 }\n';

/**
 * Two rows of a plane go through one complex transform, as its real and its imaginary part: any length will do, odd
 * ones too, and a workgroup's memory holds as many samples as it would of packed halves.
 */
interface Rows {
  readonly layout: Layout;
  readonly line: LineTransform;
}

const main = ({ line }: Rows, body: string): string => `
@compute @workgroup_size(${line.threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let plane = group.y;
${body}}
`;

/** For every sample x of every pair of rows (y, y + 1): `body`, which may name x, line, y, at. */
function eachSample({ layout, line }: Rows, body: string): string {
  const { nx } = layout.transform;
  return `  for (var w = t; w < ${line.lines * nx}u; w += ${line.threads}u) {
    let x = w % ${nx}u; let line = w / ${nx}u; let y = 2u * (group.x * ${line.lines}u + line);
    let slot = ${line.at('x', 'line')};
${body}  }
`;
}

/** Rows (value of row y, of row y + 1) → their half spectra. */
function forward(rows: Rows, target: string, planeAt: string): string {
  return `  workgroupBarrier();
  transform(t);
${separate(rows, target, planeAt)}`;
}

function separate(rows: Rows, target: string, planeAt: string): string {
  const { layout, line } = rows;
  const { nx, ny } = layout.transform;
  return `  for (var w = t; w < ${line.lines * layout.half}u; w += ${line.threads}u) {
    let k = w % ${layout.half}u; let line = w / ${layout.half}u; let y = 2u * (group.x * ${line.lines}u + line);
    if (y < ${layout.estimate.ny}u) {
      let a = s[${line.at('k', 'line')}];
      let b = s[${line.at(`select(${nx}u - k, 0u, k == 0u)`, 'line')}];
      let to = (${planeAt} * ${ny}u + y) * ${layout.stride}u + k;
      ${target}[to] = 0.5 * vec2f(a.x + b.x, a.y - b.y);
      if (y + 1u < ${layout.estimate.ny}u) { ${target}[to + ${layout.stride}u] = 0.5 * vec2f(a.y + b.y, b.x - a.x); }
    }
  }
`;
}

/** The half spectra of two rows → `s` holds (value of row y + 1, of row y): the parts are exchanged, as the inverse has them. */
function inverse(rows: Rows): string {
  return `${combine(rows)}  workgroupBarrier();
  transform(t);
`;
}

function combine({ layout, line }: Rows): string {
  const { nx, ny } = layout.transform;
  return `  for (var w = t; w < ${line.lines * layout.half}u; w += ${line.threads}u) {
    let k = w % ${layout.half}u; let line = w / ${layout.half}u; let y = 2u * (group.x * ${line.lines}u + line);
    var a = vec2f(); var b = vec2f();
    if (y < ${layout.estimate.ny}u) {
      let at = (plane * ${ny}u + y) * ${layout.stride}u + k;
      a = spectrum[at];
      if (y + 1u < ${layout.estimate.ny}u) { b = spectrum[at + ${layout.stride}u]; }
    }
    // These two of a real row are real; the loop below them would write one sample twice.
    if (k == 0u || 2u * k == ${nx}u) { s[${line.at('k', 'line')}] = vec2f(b.x, a.x); }
    else {
      s[${line.at('k', 'line')}] = vec2f(a.y + b.x, a.x - b.y);
      s[${line.at(`${nx}u - k`, 'line')}] = vec2f(b.x - a.y, a.x + b.y);
    }
  }
`;
}

function rowsOf(layout: Layout, sharedBytes: number): Rows {
  return { layout, line: lineTransform(layout.transform.nx, 'line-by-line', sharedBytes) };
}

function groupsOf({ layout, line }: Rows, planes = layout.estimate.nz): readonly [number, number] {
  return [Math.ceil(Math.ceil(layout.estimate.ny / 2) / line.lines), planes];
}

/** Loads of a pair of rows, `value` naming what is at index `i`. */
function loadPair(rows: Rows, value: string): string {
  const { nx, ny } = rows.layout.estimate;
  return eachSample(
    rows,
    `    var pair = vec2f();
    if (x < ${nx}u && y < ${ny}u) {
      let i = (plane * ${ny}u + y) * ${nx}u + x;
      pair.x = ${value.replaceAll('$', 'i')};
      if (y + 1u < ${ny}u) { let j = i + ${nx}u; pair.y = ${value.replaceAll('$', 'j')}; }
    }
    s[slot] = pair;
`,
  );
}

const predicted = 'max(0.0, x0[$] + state.weight * (x0[$] - x1[$]))';

/** The estimate (plain), or its prediction (accelerated), along x. */
export function predictRows(layout: Layout, sharedBytes: number, accelerated: boolean): KernelText {
  const rows = rowsOf(layout, sharedBytes);
  const code = main(
    rows,
    loadPair(rows, accelerated ? predicted : 'x0[$]') + forward(rows, 'spectrum', 'plane'),
  );
  return {
    label: accelerated ? 'predict' : 'forward',
    code: (accelerated ? stateDeclared : '') + rows.line.code + code,
    bindings: [roots, spectrumOut, real('x0'), ...(accelerated ? [real('x1'), stateIn] : [])],
    groups: groupsOf(rows),
  };
}

/** Planes of samples along x, each to the plane of the spectrum that a list names. */
export function placeRows(layout: Layout, sharedBytes: number): KernelText {
  const rows = rowsOf(layout, sharedBytes);
  return {
    label: 'place',
    code: rows.line.code + main(rows, loadPair(rows, 'x0[$]') + forward(rows, 'spectrum', 'places[plane]')),
    bindings: [roots, spectrumOut, real('x0'), { name: 'places', type: 'array<u32>', access: 'read' }],
    groups: groupsOf(rows),
  };
}

/** Blurred estimate B → clip(data / B + ε, −10, 10), between two transforms along x. Counts what was clipped. */
export function ratioRows(layout: Layout, sharedBytes: number): KernelText {
  const rows = rowsOf(layout, sharedBytes);
  const { nx, ny } = layout.estimate;
  const one = (part: string, at: string, index: string): string => `      {
        let blurred = s[slot].${part};
        let ratio = data[${index}] / select(blurred, ${epsilon}, blurred == 0.0) + ${epsilon};
        pair.${at} = clamp(ratio, -10.0, 10.0);
        cut += u32(ratio != pair.${at} && plane >= counted.x && plane < counted.y);
      }
`;
  // A loop, so that the transform is compiled once.
  const body = `${combine(rows)}  var cut = 0u;
  for (var way = 0u; way < 2u; way++) {
  workgroupBarrier();
  transform(t);
  if (way == 0u) {
${eachSample(
  rows,
  `    var pair = vec2f();
    if (x < ${nx}u && y < ${ny}u) {
      let i = (plane * ${ny}u + y) * ${nx}u + x;
${one('y', 'x', 'i')}      if (y + 1u < ${ny}u)
${one('x', 'y', `i + ${nx}u`)}    }
    s[slot] = pair;
`,
)}  }
  }
${separate(rows, 'spectrum', 'plane')}  workgroupBarrier();
${sumUp(rows, 'vec2f(f32(cut), 0.0)', 'vec2f()')}
  if (t == 0u) { cuts[group.y * ${groupsOf(rows)[0]}u + group.x] = u32(s[0].x); }
`;
  return {
    label: 'ratio',
    code: rows.line.code + main(rows, body),
    bindings: [
      roots,
      spectrumOut,
      real('data'),
      { name: 'cuts', type: 'array<u32>', access: 'read_write' },
      range,
    ],
    groups: groupsOf(rows),
  };
}

/**
 * Correction → the new estimate, max(0, y·correction), and the sums over it: plain in place; accelerated in the place
 * of the one before, with the change and its products for the next weight.
 */
export function updateRows(layout: Layout, sharedBytes: number, accelerated: boolean): KernelText {
  const rows = rowsOf(layout, sharedBytes);
  const { nx, ny } = layout.estimate;
  const one = (part: string, index: string): string =>
    accelerated
      ? `      {
        let i = ${index};
        let y = ${predicted.replaceAll('$', 'i')};
        let next = max(0.0, y * s[slot].${part});
        let change = next - y;
        if (is_counted) { sums += vec3f(change * g[i], change * change, next); }
        x1[i] = next;
        g[i] = change;
      }
`
      : `      {
        let i = ${index};
        let next = max(0.0, x0[i] * s[slot].${part});
        if (is_counted) { sums.z += next; }
        x0[i] = next;
      }
`;
  const body = `${inverse(rows)}  var sums = vec3f();
  let is_counted = plane >= counted.x && plane < counted.y;
${eachSample(
  rows,
  `    if (x < ${nx}u && y < ${ny}u) {
      let first = (plane * ${ny}u + y) * ${nx}u + x;
${one('y', 'first')}      if (y + 1u < ${ny}u)
${one('x', `first + ${nx}u`)}    }
`,
)}  workgroupBarrier();
${sumUp(rows, 'sums.xy', 'vec2f(sums.z, 0.0)')}
  if (t == 0u) { partials[group.y * ${groupsOf(rows)[0]}u + group.x] = vec4f(s[0], s[${rows.line.threads}]); }
`;
  return {
    label: accelerated ? 'accelerated update' : 'update',
    code: (accelerated ? stateDeclared : '') + rows.line.code + main(rows, body),
    bindings: [
      roots,
      spectrumIn,
      { name: 'partials', type: 'array<vec4f>', access: 'read_write' },
      range,
      real('x0', accelerated ? 'read' : 'read_write'),
      ...(accelerated ? [real('x1', 'read_write'), real('g', 'read_write'), stateIn] : []),
    ],
    groups: groupsOf(rows),
  };
}

/** Sums two pairs per thread over the workgroup, in an order that never changes. */
function sumUp({ line }: Rows, first: string, second: string): string {
  const { threads } = line;
  const add = `s[t] += s[t + step]; s[${threads}u + t] += s[${threads}u + t + step];`;
  return `  s[t] = ${first};
  s[${threads}u + t] = ${second};
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) { ${add} }
  }
  workgroupBarrier();`;
}
