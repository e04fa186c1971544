import { Stage, radix2, radix3, radix4, radix5, radixAny } from './butterflies';

// A plan lies in memory as int32: n, number of stages, then per stage radix, m, span, and the byte offsets (from
// the plan) of its twiddles and of its roots. The caller builds it, in double precision, and rounds once.

const stage = changetype<Stage>(memory.data(64, 16));

// @ts-ignore: decorator
@inline export function lineLength(plan: usize): i32 { return load<i32>(plan); }
// @ts-ignore: decorator
@inline export function stageCount(plan: usize): i32 { return load<i32>(plan + 4); }

/**
 * Transforms `width` vectors of lines from in to out, through the buffers `even` and `odd`, whose rows are `width`
 * vectors of real parts followed by `width` of imaginary parts. in may be out, or `odd`.
 */
export function transform(
  plan: usize, width: i32,
  inRe: usize, inIm: usize, inStride: usize,
  outRe: usize, outIm: usize, outStride: usize,
  even: usize, odd: usize,
): void {
  const stages = stageCount(plan), row = <usize>width << 5, half = <usize>width << 4;
  stage.width = width;
  if (stages == 1 && (inRe == outRe || inRe == outIm)) {
    // A single stage of any radix writes before it has read everything: it cannot work in place.
    copyRows(lineLength(plan), inRe, inIm, inStride, even, half);
    inRe = even;
    inIm = even + half;
    inStride = row;
  }
  stage.inRe = inRe;
  stage.inIm = inIm;
  stage.inStride = inStride;
  for (let i = 0; i < stages; i++) {
    const last = i == stages - 1;
    const buffer = i & 1 ? odd : even;
    stage.outRe = last ? outRe : buffer;
    stage.outIm = last ? outIm : buffer + half;
    stage.outStride = last ? outStride : row;
    run(plan, plan + 8 + <usize>i * 20);
    stage.inRe = stage.outRe;
    stage.inIm = stage.outIm;
    stage.inStride = stage.outStride;
  }
  if (stages == 0 && inRe != outRe) {
    memory.copy(outRe, inRe, half);
    memory.copy(outIm, inIm, half);
  }
}

function copyRows(rows: i32, inRe: usize, inIm: usize, inStride: usize, to: usize, half: usize): void {
  for (; rows > 0; rows--, inRe += inStride, inIm += inStride, to += 2 * half) {
    memory.copy(to, inRe, half);
    memory.copy(to + half, inIm, half);
  }
}

function run(plan: usize, at: usize): void {
  const radix = load<i32>(at);
  stage.m = load<i32>(at + 4);
  stage.span = load<i32>(at + 8);
  stage.twiddles = plan + load<i32>(at + 12);
  stage.roots = plan + load<i32>(at + 16);
  if (radix == 4) radix4(stage);
  else if (radix == 2) radix2(stage);
  else if (radix == 3) radix3(stage);
  else if (radix == 5) radix5(stage);
  else radixAny(stage, radix);
}

/** Where a line ends up that starts in `odd` and is transformed through `even` and `odd` alone. */
// @ts-ignore: decorator
@inline export function resultOf(plan: usize, even: usize, odd: usize): usize {
  return stageCount(plan) & 1 ? even : odd;
}
