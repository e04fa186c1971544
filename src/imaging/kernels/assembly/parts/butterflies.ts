// One Stockham stage per function: the line of n rows becomes n/r butterflies of radix r, and the rows come out in
// an order that needs no bit reversal. A row is `width` vectors of four float32; each of the four lanes, and each
// vector, is a line of its own. Real and imaginary parts are apart; swapping their pointers gives the inverse.
//
// Input row of butterfly (p, i), leg k:   i + span·(p + k·m)
// Output row of the same, leg j:          i + span·(r·p + j), times exp(-2πi·j·p / (r·m))
// where span is the product of the radices before, and m·r·span = n. Strides are in bytes.

/** Rows of the stage's input and output, twiddles, and how often the butterfly runs. */
@unmanaged
export class Stage {
  m: i32 = 0;
  span: i32 = 0;
  width: i32 = 0;
  twiddles: usize = 0;
  roots: usize = 0;
  inRe: usize = 0;
  inIm: usize = 0;
  inStride: usize = 0;
  outRe: usize = 0;
  outIm: usize = 0;
  outStride: usize = 0;
}

// @ts-ignore: decorator
@inline function get(at: usize): v128 { return v128.load(at); }
// @ts-ignore: decorator
@inline function put(at: usize, value: v128): void { v128.store(at, value); }
// @ts-ignore: decorator
@inline function all(at: usize): v128 { return v128.load32_splat(at); }
// @ts-ignore: decorator
@inline function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// @ts-ignore: decorator
@inline function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// @ts-ignore: decorator
@inline function mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }

/** Stores (re, im)·(wr, wi), or (re, im) itself where the twiddle is 1. */
// @ts-ignore: decorator
@inline function putTurned(toRe: usize, toIm: usize, re: v128, im: v128, wr: v128, wi: v128, turn: bool): void {
  if (turn) {
    put(toRe, sub(mul(re, wr), mul(im, wi)));
    put(toIm, add(mul(re, wi), mul(im, wr)));
  } else {
    put(toRe, re);
    put(toIm, im);
  }
}

export function radix2(s: Stage): void {
  for (let p = 0; p < s.m; p++) {
    if (p == 0) loop2(s, p, false);
    else loop2(s, p, true);
  }
}

// @ts-ignore: decorator
@inline function loop2(s: Stage, p: i32, turn: bool): void {
  const im = s.inIm - s.inRe, om = s.outIm - s.outRe;
  const inLeg = s.inStride * <usize>(s.span * s.m), outLeg = s.outStride * <usize>s.span;
  const w = s.twiddles + (<usize>p << 3);
  const wr = all(w), wi = all(w + 4);
  let a = s.inRe + s.inStride * <usize>(s.span * p);
  let o = s.outRe + s.outStride * <usize>(s.span * 2 * p);
  const inSkip = s.inStride, outSkip = s.outStride, wide = <usize>s.width << 4;
  for (let i = s.span; i > 0; i--) {
    for (let c: usize = 0; c < wide; c += 16) {
      const x = a + c, y = o + c;
      const ar = get(x), ai = get(x + im);
      const br = get(x + inLeg), bi = get(x + inLeg + im);
      put(y, add(ar, br));
      put(y + om, add(ai, bi));
      putTurned(y + outLeg, y + outLeg + om, sub(ar, br), sub(ai, bi), wr, wi, turn);
    }
    a += inSkip;
    o += outSkip;
  }
}

export function radix3(s: Stage): void {
  for (let p = 0; p < s.m; p++) {
    if (p == 0) loop3(s, p, false);
    else loop3(s, p, true);
  }
}

// @ts-ignore: decorator
@inline function loop3(s: Stage, p: i32, turn: bool): void {
  const im = s.inIm - s.inRe, om = s.outIm - s.outRe;
  const inLeg = s.inStride * <usize>(s.span * s.m), outLeg = s.outStride * <usize>s.span;
  const w = s.twiddles + <usize>p * 16;
  const w1r = all(w), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12);
  const half = f32x4.splat(-0.5), sine = f32x4.splat(0.86602540378443864676);
  let a = s.inRe + s.inStride * <usize>(s.span * p);
  let o = s.outRe + s.outStride * <usize>(s.span * 3 * p);
  const inSkip = s.inStride, outSkip = s.outStride, wide = <usize>s.width << 4;
  for (let i = s.span; i > 0; i--) {
    for (let c: usize = 0; c < wide; c += 16) {
      const x = a + c, y = o + c;
      const ar = get(x), ai = get(x + im);
      const br = get(x + inLeg), bi = get(x + inLeg + im);
      const cr = get(x + 2 * inLeg), ci = get(x + 2 * inLeg + im);
      const tr = add(br, cr), ti = add(bi, ci);
      const ur = mul(sine, sub(br, cr)), ui = mul(sine, sub(bi, ci));
      const er = add(ar, mul(half, tr)), ei = add(ai, mul(half, ti));
      put(y, add(ar, tr));
      put(y + om, add(ai, ti));
      putTurned(y + outLeg, y + outLeg + om, add(er, ui), sub(ei, ur), w1r, w1i, turn);
      putTurned(y + 2 * outLeg, y + 2 * outLeg + om, sub(er, ui), add(ei, ur), w2r, w2i, turn);
    }
    a += inSkip;
    o += outSkip;
  }
}

export function radix4(s: Stage): void {
  for (let p = 0; p < s.m; p++) {
    if (p == 0) loop4(s, p, false);
    else loop4(s, p, true);
  }
}

// @ts-ignore: decorator
@inline function loop4(s: Stage, p: i32, turn: bool): void {
  const im = s.inIm - s.inRe, om = s.outIm - s.outRe;
  const inLeg = s.inStride * <usize>(s.span * s.m), outLeg = s.outStride * <usize>s.span;
  const w = s.twiddles + <usize>p * 24;
  const w1r = all(w), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12), w3r = all(w + 16), w3i = all(w + 20);
  let a = s.inRe + s.inStride * <usize>(s.span * p);
  let o = s.outRe + s.outStride * <usize>(s.span * 4 * p);
  const inSkip = s.inStride, outSkip = s.outStride, wide = <usize>s.width << 4;
  for (let i = s.span; i > 0; i--) {
    for (let c: usize = 0; c < wide; c += 16) {
      const x = a + c, y = o + c;
      const ar = get(x), ai = get(x + im);
      const cr = get(x + 2 * inLeg), ci = get(x + 2 * inLeg + im);
      const t0r = add(ar, cr), t0i = add(ai, ci), t1r = sub(ar, cr), t1i = sub(ai, ci);
      const br = get(x + inLeg), bi = get(x + inLeg + im);
      const dr = get(x + 3 * inLeg), di = get(x + 3 * inLeg + im);
      const t2r = add(br, dr), t2i = add(bi, di), t3r = sub(bi, di), t3i = sub(dr, br);
      put(y, add(t0r, t2r));
      put(y + om, add(t0i, t2i));
      putTurned(y + outLeg, y + outLeg + om, add(t1r, t3r), add(t1i, t3i), w1r, w1i, turn);
      putTurned(y + 2 * outLeg, y + 2 * outLeg + om, sub(t0r, t2r), sub(t0i, t2i), w2r, w2i, turn);
      putTurned(y + 3 * outLeg, y + 3 * outLeg + om, sub(t1r, t3r), sub(t1i, t3i), w3r, w3i, turn);
    }
    a += inSkip;
    o += outSkip;
  }
}

export function radix5(s: Stage): void {
  for (let p = 0; p < s.m; p++) {
    if (p == 0) loop5(s, p, false);
    else loop5(s, p, true);
  }
}

// @ts-ignore: decorator
@inline function loop5(s: Stage, p: i32, turn: bool): void {
  const im = s.inIm - s.inRe, om = s.outIm - s.outRe;
  const inLeg = s.inStride * <usize>(s.span * s.m), outLeg = s.outStride * <usize>s.span;
  const w = s.twiddles + <usize>p * 32;
  const c1 = f32x4.splat(0.30901699437494742410), c2 = f32x4.splat(-0.80901699437494742410);
  const s1 = f32x4.splat(0.95105651629515357212), s2 = f32x4.splat(0.58778525229247312917);
  let a = s.inRe + s.inStride * <usize>(s.span * p);
  let o = s.outRe + s.outStride * <usize>(s.span * 5 * p);
  const inSkip = s.inStride, outSkip = s.outStride, wide = <usize>s.width << 4;
  for (let i = s.span; i > 0; i--) {
    for (let c: usize = 0; c < wide; c += 16) {
      const x = a + c, y = o + c;
      const ar = get(x), ai = get(x + im);
      const br = get(x + inLeg), bi = get(x + inLeg + im), er = get(x + 4 * inLeg), ei = get(x + 4 * inLeg + im);
      const cr = get(x + 2 * inLeg), ci = get(x + 2 * inLeg + im), dr = get(x + 3 * inLeg), di = get(x + 3 * inLeg + im);
      const p1r = add(br, er), p1i = add(bi, ei), m1r = sub(br, er), m1i = sub(bi, ei);
      const p2r = add(cr, dr), p2i = add(ci, di), m2r = sub(cr, dr), m2i = sub(ci, di);
      put(y, add(ar, add(p1r, p2r)));
      put(y + om, add(ai, add(p1i, p2i)));
      const e1r = add(ar, add(mul(c1, p1r), mul(c2, p2r))), e1i = add(ai, add(mul(c1, p1i), mul(c2, p2i)));
      const f1r = add(mul(s1, m1r), mul(s2, m2r)), f1i = add(mul(s1, m1i), mul(s2, m2i));
      putTurned(y + outLeg, y + outLeg + om, add(e1r, f1i), sub(e1i, f1r), all(w), all(w + 4), turn);
      putTurned(y + 4 * outLeg, y + 4 * outLeg + om, sub(e1r, f1i), add(e1i, f1r), all(w + 24), all(w + 28), turn);
      const e2r = add(ar, add(mul(c2, p1r), mul(c1, p2r))), e2i = add(ai, add(mul(c2, p1i), mul(c1, p2i)));
      const f2r = sub(mul(s2, m1r), mul(s1, m2r)), f2i = sub(mul(s2, m1i), mul(s1, m2i));
      putTurned(y + 2 * outLeg, y + 2 * outLeg + om, add(e2r, f2i), sub(e2i, f2r), all(w + 8), all(w + 12), turn);
      putTurned(y + 3 * outLeg, y + 3 * outLeg + om, sub(e2r, f2i), add(e2i, f2r), all(w + 16), all(w + 20), turn);
    }
    a += inSkip;
    o += outSkip;
  }
}

/**
 * Any radix, by its definition: r² products per butterfly. `roots` holds cos and sin of -2πk/r. Fast enough for 7;
 * for large primes it is slow, and there so that a circular size need never be changed.
 */
export function radixAny(s: Stage, r: i32): void {
  const im = s.inIm - s.inRe, om = s.outIm - s.outRe;
  const inLeg = s.inStride * <usize>(s.span * s.m), outLeg = s.outStride * <usize>s.span;
  for (let p = 0; p < s.m; p++) {
    for (let i = 0; i < s.span; i++) {
      const a = s.inRe + s.inStride * <usize>(s.span * p + i);
      const o = s.outRe + s.outStride * <usize>(s.span * r * p + i);
      for (let c: usize = 0, wide = <usize>s.width << 4; c < wide; c += 16) {
        for (let j = 0; j < r; j++) {
          let x = a + c;
          let re = get(x), ie = get(x + im);
          for (let k = 1, turn = j; k < r; k++) {
            x += inLeg;
            const root = s.roots + (<usize>turn << 3);
            const xr = get(x), xi = get(x + im), wr = all(root), wi = all(root + 4);
            re = add(re, sub(mul(xr, wr), mul(xi, wi)));
            ie = add(ie, add(mul(xr, wi), mul(xi, wr)));
            turn += j;
            if (turn >= r) turn -= r;
          }
          const y = o + c + <usize>j * outLeg;
          const w = s.twiddles + (<usize>(p * (r - 1) + j - 1) << 3);
          if (j == 0) putTurned(y, y + om, re, ie, re, ie, false);
          else putTurned(y, y + om, re, ie, all(w), all(w + 4), p > 0);
        }
      }
    }
  }
}
