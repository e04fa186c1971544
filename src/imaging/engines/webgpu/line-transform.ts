import { radicesOf } from '../../fft/index.ts';
import { EngineError } from '../engine.ts';

/** How lines lie in a workgroup's memory: samples of a line side by side, or the lines' samples of one index. */
type Order = 'line-by-line' | 'interleaved';

/** The transforms of a few lines by one workgroup. */
export interface LineTransform {
  /** Declarations and the function `transform(thread)`, which a barrier must precede and one follows. */
  readonly code: string;
  readonly lines: number;
  readonly threads: number;
  /** WGSL: where sample `i` of line `line` lies in `s`. */
  at(i: string, line: string): string;
}

/** Longest radix that is written out; a longer prime is summed in a loop. */
const longestUnrolled = 13;

/**
 * Stockham stages of `lines` lines of n complex samples in workgroup memory, forward and unscaled. All inputs of a
 * stage are held in registers between two barriers, so that one array is enough. The inverse is the same with real
 * and imaginary parts exchanged before and after. Source of the stages: `fft/plain.ts`, with the same indices.
 *
 * The kernel must bind `roots`, exp(−2πi·k/n) for k < n. Lines and threads follow from n and the device's limit alone:
 * what is summed over a workgroup must not depend on anything measured.
 */
export function lineTransform(n: number, order: Order, sharedBytes: number): LineTransform {
  const lines = linesPerGroup(n, order, sharedBytes);
  const threads = threadsFor(n * lines);
  const pitch = order === 'interleaved' ? n : n + Math.ceil(n / 16);
  const at = (i: string, line: string): string =>
    order === 'interleaved' ? `(${i}) * ${lines}u + ${line}` : `(${line}) * ${pitch}u + spread(${i})`;
  const size = Math.max(pitch * lines, 2 * threads);
  if (8 * size > sharedBytes)
    throw new EngineError(
      `a line of \`${n}\` samples does not fit into the ${sharedBytes} bytes that the device's threads share: crop the stack, or use \`--engine cpu\``,
    );
  let span = 1;
  const stages: string[] = [];
  for (const radix of stageRadices(n)) {
    const shape = { n, lines, threads, radix, span, order, at };
    stages.push(radix <= longestUnrolled ? unrolledStage(shape) : loopedStage(shape));
    span *= radix;
  }
  const code = `
var<workgroup> s: array<vec2f, ${size}>;
// Samples a stage writes far apart would meet in few memory banks.
fn spread(i: u32) -> u32 { return i + i / 16u; }
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn turned(a: vec2f) -> vec2f { return vec2f(a.y, -a.x); }
fn transform(t: u32) {
${stages.join('')}}
`;
  return { code, lines, threads, at };
}

export function rootsOf(n: number): Float32Array {
  const roots = new Float32Array(2 * n);
  for (let k = 0; k < n; k++) {
    roots[2 * k] = Math.cos((2 * Math.PI * k) / n);
    roots[2 * k + 1] = -Math.sin((2 * Math.PI * k) / n);
  }
  return roots;
}

/** Samples in flight: few enough that many groups share a core, and 64 bytes side by side where lines are columns. */
function linesPerGroup(n: number, order: Order, sharedBytes: number): number {
  const most = Math.min(order === 'interleaved' ? 2048 : 512, Math.floor(((sharedBytes / 8) * 16) / 17) - 16);
  let lines = 8;
  while (lines > 1 && lines * n > most) lines /= 2;
  return lines;
}

function threadsFor(samples: number): number {
  let threads = 32;
  while (threads < 256 && threads * 8 < samples) threads *= 2;
  return threads;
}

/** Eights where they fit, then one or two fours or a two, then the odd primes. */
export function stageRadices(n: number): number[] {
  const odd = radicesOf(n).filter((radix) => radix % 2 === 1 && radix > 1);
  let twos = Math.log2(n / odd.reduce((product, radix) => product * radix, 1));
  twos = Math.round(twos);
  const even: number[] = [];
  while (twos >= 3 && twos !== 4) {
    even.push(8);
    twos -= 3;
  }
  while (twos >= 2) {
    even.push(4);
    twos -= 2;
  }
  if (twos === 1) even.push(2);
  return [...even, ...odd];
}

interface Stage {
  readonly n: number;
  readonly lines: number;
  readonly threads: number;
  readonly radix: number;
  readonly span: number;
  readonly order: Order;
  at(i: string, line: string): string;
}

function unrolledStage({ n, lines, threads, radix, span, order, at }: Stage): string {
  const m = n / radix;
  const work = m * lines;
  const rounds = Math.ceil(work / threads);
  const read: string[] = [];
  const write: string[] = [];
  for (let q = 0; q < rounds; q++) {
    const guard = (q + 1) * threads > work ? `if (w${q} < ${work}u) ` : '';
    const place =
      order === 'interleaved'
        ? `let l${q} = w${q} % ${lines}u; let b${q} = w${q} / ${lines}u;`
        : `let l${q} = w${q} / ${m}u; let b${q} = w${q} % ${m}u;`;
    const names = Array.from({ length: radix }, (_, k) => `v${q}_${k}`);
    read.push(
      `  let w${q} = t + ${q * threads}u; ${place}\n  ${names.map((name) => `var ${name} = vec2f();`).join(' ')}\n`,
    );
    read.push(
      `  ${guard}{ ${names.map((name, k) => `${name} = s[${at(`b${q} + ${k * m}u`, `l${q}`)}];`).join(' ')} }\n`,
    );
    const turned = names.map((name, j) => {
      if (j === 0 || span * radix === n) return name;
      return `times(${name}, roots[${j === 1 ? 'p' : `${j}u * p`}])`;
    });
    const base = span === 1 ? `b${q} * ${radix}u` : `(b${q} - i) * ${radix}u + i`;
    write.push(
      `  ${guard}{ let i = b${q} % ${span}u; let p = b${q} - i; let o = ${base};\n${butterfly(names, `${q}`)}`,
    );
    for (const [j, value] of turned.entries())
      write.push(`    s[${at(`o + ${j * span}u`, `l${q}`)}] = ${value};\n`);
    write.push('  }\n');
  }
  return `  {\n${read.join('')}  workgroupBarrier();\n${write.join('')}  workgroupBarrier();\n  }\n`;
}

/** WGSL that replaces r values by their transform. */
function butterfly(v: readonly string[], id: string): string {
  switch (v.length) {
    case 2:
      return `    { let a = ${v[0]}; ${v[0]} = a + ${v[1]}; ${v[1]} = a - ${v[1]}; }\n`;
    case 4:
      return four(v);
    case 8:
      return eight(v);
    default:
      return oddPrime(v, id);
  }
}

function four([a, b, c, d]: readonly string[]): string {
  return `    { let e = ${a} + ${c}; let f = ${a} - ${c}; let g = ${b} + ${d}; let h = turned(${b} - ${d});
      ${a} = e + g; ${b} = f + h; ${c} = e - g; ${d} = f - h; }\n`;
}

function eight(v: readonly string[]): string {
  const even = [v[0], v[2], v[4], v[6]].map(String);
  const odd = [v[1], v[3], v[5], v[7]].map(String);
  const [e0, e1, e2, e3] = even;
  const [o0, o1, o2, o3] = odd;
  const half = 'vec2f(0.70710678118654752)';
  return `${four(even)}${four(odd)}    { let h1 = ${half} * (${o1} + turned(${o1})); let h2 = turned(${o2}); let h3 = ${half} * (turned(${o3}) - ${o3});
      let g0 = ${e0}; let g1 = ${e1}; let g2 = ${e2}; let g3 = ${e3}; let h0 = ${o0};
      ${v[0]} = g0 + h0; ${v[1]} = g1 + h1; ${v[2]} = g2 + h2; ${v[3]} = g3 + h3;
      ${v[4]} = g0 - h0; ${v[5]} = g1 - h1; ${v[6]} = g2 - h2; ${v[7]} = g3 - h3; }\n`;
}

/** Sums and differences of the pairs x_k, x_{r−k}; out_j and out_{r−j} share them. */
function oddPrime(v: readonly string[], id: string): string {
  const r = v.length;
  const half = (r - 1) / 2;
  const pairs = Array.from({ length: half }, (_, i) => i + 1);
  const number = (value: number): string => {
    const text = value.toPrecision(17);
    return /[.e]/.test(text) ? text : `${text}.0`;
  };
  const sum = (j: number, part: (angle: number) => number, letter: string): string =>
    pairs.map((k) => `${number(part((2 * Math.PI * ((j * k) % r)) / r))} * ${letter}${id}_${k}`).join(' + ');
  const lines = pairs.map(
    (k) => `let c${id}_${k} = ${v[k]} + ${v[r - k]}; let d${id}_${k} = ${v[k]} - ${v[r - k]};`,
  );
  const outputs = pairs.map(
    (j) =>
      `let m${id}_${j} = ${v[0]} + ${sum(j, Math.cos, 'c')}; let n${id}_${j} = turned(${sum(j, Math.sin, 'd')});`,
  );
  const stores = pairs.map(
    (j) => `${v[j]} = m${id}_${j} + n${id}_${j}; ${v[r - j]} = m${id}_${j} - n${id}_${j};`,
  );
  const first = `${v[0]} = ${v[0]} + ${pairs.map((k) => `c${id}_${k}`).join(' + ')};`;
  return `    ${[...lines, ...outputs, first, ...stores].join('\n    ')}\n`;
}

/** A stage of a long prime: each thread sums whole outputs. */
function loopedStage({ n, lines, threads, radix, span, at }: Stage): string {
  const m = n / radix;
  const stride = n / (span * radix);
  const rounds = Math.ceil((n * lines) / threads);
  return `  {
  var sums: array<vec2f, ${rounds}>;
  for (var q = 0u; q < ${rounds}u; q++) {
    let w = t + q * ${threads}u;
    if (w >= ${n * lines}u) { break; }
    let line = w / ${n}u; let o = w % ${n}u;
    let i = o % ${span}u; let j = (o / ${span}u) % ${radix}u; let p = o / ${span * radix}u;
    let step = (j * ${(stride * span) % n}u) % ${n}u;
    var turn = (j * p * ${span}u) % ${n}u;
    var sum = vec2f();
    for (var k = 0u; k < ${radix}u; k++) {
      sum += times(s[${at(`p * ${span}u + i + k * ${m}u`, 'line')}], roots[turn]);
      turn += step;
      if (turn >= ${n}u) { turn -= ${n}u; }
    }
    sums[q] = sum;
  }
  workgroupBarrier();
  for (var q = 0u; q < ${rounds}u; q++) {
    let w = t + q * ${threads}u;
    if (w >= ${n * lines}u) { break; }
    s[${at(`w % ${n}u`, `w / ${n}u`)}] = sums[q];
  }
  workgroupBarrier();
  }
`;
}
