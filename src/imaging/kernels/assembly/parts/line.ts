import { Stage, radix2, radix3, radix4, radix5, radix7, radixAny } from './butterflies';

// A plan lies in memory as int32: n, number of stages, then per stage radix, m, span, and the byte offsets (from
// the plan) of its twiddles and of its roots. The caller builds it, in double precision, and rounds once.

const stage = changetype<Stage>(memory.data(64, 16));

// @ts-ignore: decorator
@inline export function lineLength(plan: usize): i32 { return load<i32>(plan); }
// @ts-ignore: decorator
@inline export function stageCount(plan: usize): i32 { return load<i32>(plan + 4); }

/**
 * Transforms the lines of rows `wide` bytes wide (32 for each four lines) from one place to another, through the
 * buffers `even` and `odd`, whose rows follow one another. `from` may be `to`, or `odd`.
 */
export function transform(
  plan: usize, wide: usize, from: usize, fromStride: usize, to: usize, toStride: usize, even: usize, odd: usize,
): void {
  const stages = stageCount(plan);
  if (stages == 1 && from == to) {
    // A single stage of any radix writes before it has read everything: it cannot work in place.
    copyRows(lineLength(plan), from, fromStride, even, wide);
    from = even;
    fromStride = wide;
  }
  stage.wide = wide;
  stage.from = from;
  stage.fromStride = fromStride;
  for (let i = 0; i < stages; i++) {
    const last = i == stages - 1;
    stage.to = last ? to : i & 1 ? odd : even;
    stage.toStride = last ? toStride : wide;
    run(plan, plan + 8 + <usize>i * 20);
    stage.from = stage.to;
    stage.fromStride = stage.toStride;
  }
  if (stages == 0 && from != to) memory.copy(to, from, wide);
}

function copyRows(rows: i32, from: usize, fromStride: usize, to: usize, wide: usize): void {
  for (; rows > 0; rows--, from += fromStride, to += wide) memory.copy(to, from, wide);
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
  else if (radix == 7) radix7(stage);
  else radixAny(stage, radix);
}

/** Where a line ends up that starts in `odd` and is transformed through `even` and `odd` alone. */
// @ts-ignore: decorator
@inline export function resultOf(plan: usize, even: usize, odd: usize): usize {
  return stageCount(plan) & 1 ? even : odd;
}
