import type { Binding } from './device.ts';
import { lineTransform } from './line-transform.ts';
import { type KernelText, roots } from './row-kernels.ts';
import type { Layout } from './spectrum.ts';

const spectrum: Binding = { name: 'spectrum', type: 'array<vec2f>', access: 'read_write' };
const transfer: Binding = { name: 'transfer', type: 'array<vec2f>', access: 'read' };

interface Sweep {
  readonly label: string;
  readonly length: number;
  /** Samples of a line that are not zero before, and that are wanted afterwards. */
  readonly read: number;
  readonly write: number;
  /** WGSL: index of sample `i` of column `column` in the spectrum, `group.y` being the other axis. */
  at(i: string): string;
  readonly others: number;
}

/** Along y of every plane; forward from the rows of the estimate to all, inverse from all to those. */
export function sweepRowsAway(layout: Layout, sharedBytes: number, sign: -1 | 1, planes: number): KernelText {
  const { transform, estimate, stride } = layout;
  const forward = sign === -1;
  const sweep: Sweep = {
    label: forward ? 'forward y' : 'inverse y',
    length: transform.ny,
    read: forward ? estimate.ny : transform.ny,
    write: forward ? transform.ny : estimate.ny,
    at: (i) => `(group.y * ${transform.ny}u + ${i}) * ${stride}u + column`,
    others: planes,
  };
  const { line, load, store } = partsOf(layout, sweep, sharedBytes);
  const swap = forward ? '' : '.yx';
  const body = `${load(swap)}  workgroupBarrier();\n  transform(t);\n${store(`value${swap}`)}`;
  return textOf(layout, sweep, sharedBytes, line.code, body, [roots, spectrum]);
}

/** Along z: forward, times the transfer function (its conjugate for sign −1), and inverse, in one go. */
export function filterColumns(layout: Layout, sharedBytes: number, sign: -1 | 1): KernelText {
  const sweep = alongZ(layout, sign === 1 ? 'blur z' : 'correlate z');
  const { line, load, store, each } = partsOf(layout, sweep, sharedBytes);
  const { ny } = layout.transform;
  const h = sign === 1 ? 'h' : 'vec2f(h.x, -h.y)';
  // Exchanged parts make the second transform the inverse.
  const multiply = each(
    layout.transform.nz,
    `let h = transfer[(i * ${ny}u + group.y) * ${layout.stride}u + column];
    s[slot] = times(s[slot], ${h}).yx;`,
  );
  // A loop, so that the transform is compiled once.
  const body = `${load('')}  for (var way = 0u; way < 2u; way++) {
  workgroupBarrier();
  transform(t);
  if (way == 0u) {
${multiply}  }
  }
${store('value.yx')}`;
  return textOf(layout, sweep, sharedBytes, line.code, body, [roots, spectrum, transfer]);
}

/** Along z, forward, with a factor: what makes a spectrum of the whole grid a transfer function. */
export function finishTransfer(layout: Layout, sharedBytes: number, scale: number): KernelText {
  const whole = { ...layout, estimate: layout.transform };
  const sweep = alongZ(whole, 'transfer z');
  const { line, load, store } = partsOf(whole, sweep, sharedBytes);
  const factor = Math.fround(scale).toPrecision(17);
  const body = `${load('')}  workgroupBarrier();\n  transform(t);\n${store(`value * ${factor}f`)}`;
  return textOf(whole, sweep, sharedBytes, line.code, body, [roots, spectrum]);
}

function alongZ({ transform, estimate, stride }: Layout, label: string): Sweep {
  return {
    label,
    length: transform.nz,
    read: estimate.nz,
    write: estimate.nz,
    at: (i) => `(${i} * ${transform.ny}u + group.y) * ${stride}u + column`,
    others: transform.ny,
  };
}

function partsOf(layout: Layout, sweep: Sweep, sharedBytes: number) {
  const line = lineTransform(sweep.length, 'interleaved', sharedBytes);
  const each = (
    count: number,
    body: string,
  ): string => `  for (var w = t; w < ${line.lines * count}u; w += ${line.threads}u) {
    let line = w % ${line.lines}u; let i = w / ${line.lines}u; let column = group.x * ${line.lines}u + line;
    let slot = ${line.at('i', 'line')};
    ${body}
  }
`;
  const load = (swap: string): string =>
    each(
      sweep.length,
      sweep.read === sweep.length
        ? `s[slot] = spectrum[${sweep.at('i')}]${swap};`
        : `var value = vec2f(); if (i < ${sweep.read}u) { value = spectrum[${sweep.at('i')}]${swap}; } s[slot] = value;`,
    );
  const store = (value: string): string =>
    each(sweep.write, `let value = s[slot]; spectrum[${sweep.at('i')}] = ${value};`);
  return { line, load, store, each, half: layout.half };
}

function textOf(
  layout: Layout,
  sweep: Sweep,
  sharedBytes: number,
  code: string,
  body: string,
  bindings: readonly Binding[],
): KernelText {
  const { lines, threads } = lineTransform(sweep.length, 'interleaved', sharedBytes);
  return {
    label: sweep.label,
    code: `${code}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
${body}}
`,
    bindings,
    groups: [Math.ceil(layout.half / lines), sweep.others],
  };
}
