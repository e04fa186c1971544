// One Stockham stage per function: the line of n rows becomes n/r butterflies of radix r, and the rows come out in
// an order that needs no bit reversal. A row is a number of elements of 32 bytes, four real parts and then four
// imaginary parts; each of the four lanes of each element is a line of its own. With the two parts exchanged before
// and after, the same stages compute the inverse.
//
// Input row of butterfly (p, i), leg k:   i + span·(p + k·m)
// Output row of the same, leg j:          i + span·(r·p + j), times exp(-2πi·j·p / (r·m))
// where span is the product of the radices before, and m·r·span = n. Strides and `wide` (a row's own bytes) are in
// bytes. `roots` holds cos and sin of -2πk/r; they are read from memory because the compiler would make constants
// anew at every use. Butterfly 0 has twiddles of 1 and is a loop of its own.

/** Rows of the stage's input and output, and its tables. */
@unmanaged
export class Stage {
  m: i32 = 0;
  span: i32 = 0;
  wide: usize = 0;
  twiddles: usize = 0;
  roots: usize = 0;
  from: usize = 0;
  fromStride: usize = 0;
  to: usize = 0;
  toStride: usize = 0;
}

// @ts-ignore: decorator
@inline function re(at: usize): v128 { return v128.load(at); }
// @ts-ignore: decorator
@inline function im(at: usize): v128 { return v128.load(at, 16); }
// @ts-ignore: decorator
@inline function all(at: usize): v128 { return v128.load32_splat(at); }
// @ts-ignore: decorator
@inline function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// @ts-ignore: decorator
@inline function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// @ts-ignore: decorator
@inline function mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
// @ts-ignore: decorator
@inline function put(at: usize, r: v128, i: v128): void {
  v128.store(at, r);
  v128.store(at, i, 16);
}

/** Stores (r, i)·(wr, wi), or (r, i) itself where the twiddle is 1. */
// @ts-ignore: decorator
@inline function putTurned(at: usize, r: v128, i: v128, wr: v128, wi: v128, turn: bool): void {
  if (turn) put(at, sub(mul(r, wr), mul(i, wi)), add(mul(r, wi), mul(i, wr)));
  else put(at, r, i);
}

export function radix2(s: Stage): void {
  loop2(s, 0, 1, false);
  if (s.m > 1) loop2(s, 1, s.m, true);
}

// @ts-ignore: decorator
@inline function loop2(s: Stage, first: i32, end: i32, turn: bool): void {
  const span = s.span, wide = s.wide, step = s.fromStride, outStep = s.toStride;
  const leg = step * <usize>(span * s.m), out = outStep * <usize>span;
  let a = s.from + step * <usize>(span * first), o = s.to + 2 * out * <usize>first;
  let w = s.twiddles + 8 * <usize>first;
  for (let p = first; p < end; p++) {
    const w1r = all(w + 0), w1i = all(w + 4);
    for (let i = span; i > 0; i--) {
      for (let x = a, y = o, stop = a + wide; x < stop; x += 32, y += 32) {
        const ar = re(x), ai = im(x), br = re(x + leg), bi = im(x + leg);
        put(y, add(ar, br), add(ai, bi));
        putTurned(y + out, sub(ar, br), sub(ai, bi), w1r, w1i, turn);
      }
      a += step;
      o += outStep;
    }
    o += 1 * out;
    w += 8;
  }
}

export function radix3(s: Stage): void {
  loop3(s, 0, 1, false);
  if (s.m > 1) loop3(s, 1, s.m, true);
}

// @ts-ignore: decorator
@inline function loop3(s: Stage, first: i32, end: i32, turn: bool): void {
  const span = s.span, wide = s.wide, step = s.fromStride, outStep = s.toStride;
  const leg = step * <usize>(span * s.m), out = outStep * <usize>span;
  const c1 = all(s.roots + 8), s1 = all(s.roots + 12);
  let a = s.from + step * <usize>(span * first), o = s.to + 3 * out * <usize>first;
  let w = s.twiddles + 16 * <usize>first;
  for (let p = first; p < end; p++) {
    const w1r = all(w + 0), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12);
    for (let i = span; i > 0; i--) {
      for (let x = a, y = o, stop = a + wide; x < stop; x += 32, y += 32) {
        const ar = re(x), ai = im(x), br = re(x + leg), bi = im(x + leg), cr = re(x + 2 * leg), ci = im(x + 2 * leg);
        const tr = add(br, cr), ti = add(bi, ci), ur = mul(s1, sub(br, cr)), ui = mul(s1, sub(bi, ci));
        const er = add(ar, mul(c1, tr)), ei = add(ai, mul(c1, ti));
        put(y, add(ar, tr), add(ai, ti));
        putTurned(y + out, sub(er, ui), add(ei, ur), w1r, w1i, turn);
        putTurned(y + 2 * out, add(er, ui), sub(ei, ur), w2r, w2i, turn);
      }
      a += step;
      o += outStep;
    }
    o += 2 * out;
    w += 16;
  }
}

export function radix4(s: Stage): void {
  loop4(s, 0, 1, false);
  if (s.m > 1) loop4(s, 1, s.m, true);
}

// @ts-ignore: decorator
@inline function loop4(s: Stage, first: i32, end: i32, turn: bool): void {
  const span = s.span, wide = s.wide, step = s.fromStride, outStep = s.toStride;
  const leg = step * <usize>(span * s.m), out = outStep * <usize>span;
  let a = s.from + step * <usize>(span * first), o = s.to + 4 * out * <usize>first;
  let w = s.twiddles + 24 * <usize>first;
  for (let p = first; p < end; p++) {
    const w1r = all(w + 0), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12), w3r = all(w + 16), w3i = all(w + 20);
    for (let i = span; i > 0; i--) {
      for (let x = a, y = o, stop = a + wide; x < stop; x += 32, y += 32) {
        const ar = re(x), ai = im(x), cr = re(x + 2 * leg), ci = im(x + 2 * leg);
        const t0r = add(ar, cr), t0i = add(ai, ci), t1r = sub(ar, cr), t1i = sub(ai, ci);
        const br = re(x + leg), bi = im(x + leg), dr = re(x + 3 * leg), di = im(x + 3 * leg);
        const t2r = add(br, dr), t2i = add(bi, di), t3r = sub(bi, di), t3i = sub(dr, br);
        put(y, add(t0r, t2r), add(t0i, t2i));
        putTurned(y + out, add(t1r, t3r), add(t1i, t3i), w1r, w1i, turn);
        putTurned(y + 2 * out, sub(t0r, t2r), sub(t0i, t2i), w2r, w2i, turn);
        putTurned(y + 3 * out, sub(t1r, t3r), sub(t1i, t3i), w3r, w3i, turn);
      }
      a += step;
      o += outStep;
    }
    o += 3 * out;
    w += 24;
  }
}

export function radix5(s: Stage): void {
  loop5(s, 0, 1, false);
  if (s.m > 1) loop5(s, 1, s.m, true);
}

// @ts-ignore: decorator
@inline function loop5(s: Stage, first: i32, end: i32, turn: bool): void {
  const span = s.span, wide = s.wide, step = s.fromStride, outStep = s.toStride;
  const leg = step * <usize>(span * s.m), out = outStep * <usize>span;
  const c1 = all(s.roots + 8), s1 = all(s.roots + 12), c2 = all(s.roots + 16), s2 = all(s.roots + 20);
  let a = s.from + step * <usize>(span * first), o = s.to + 5 * out * <usize>first;
  let w = s.twiddles + 32 * <usize>first;
  for (let p = first; p < end; p++) {
    const w1r = all(w + 0), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12), w3r = all(w + 16), w3i = all(w + 20), w4r = all(w + 24), w4i = all(w + 28);
    for (let i = span; i > 0; i--) {
      for (let x = a, y = o, stop = a + wide; x < stop; x += 32, y += 32) {
        const ar = re(x), ai = im(x);
        const br = re(x + leg), bi = im(x + leg), er = re(x + 4 * leg), ei = im(x + 4 * leg);
        const cr = re(x + 2 * leg), ci = im(x + 2 * leg), dr = re(x + 3 * leg), di = im(x + 3 * leg);
        const p1r = add(br, er), p1i = add(bi, ei), m1r = sub(br, er), m1i = sub(bi, ei);
        const p2r = add(cr, dr), p2i = add(ci, di), m2r = sub(cr, dr), m2i = sub(ci, di);
        put(y, add(ar, add(p1r, p2r)), add(ai, add(p1i, p2i)));
        const e1r = add(ar, add(mul(c1, p1r), mul(c2, p2r))), e1i = add(ai, add(mul(c1, p1i), mul(c2, p2i)));
        const f1r = add(mul(s1, m1r), mul(s2, m2r)), f1i = add(mul(s1, m1i), mul(s2, m2i));
        putTurned(y + out, sub(e1r, f1i), add(e1i, f1r), w1r, w1i, turn);
        putTurned(y + 4 * out, add(e1r, f1i), sub(e1i, f1r), w4r, w4i, turn);
        const e2r = add(ar, add(mul(c2, p1r), mul(c1, p2r))), e2i = add(ai, add(mul(c2, p1i), mul(c1, p2i)));
        const f2r = sub(mul(s2, m1r), mul(s1, m2r)), f2i = sub(mul(s2, m1i), mul(s1, m2i));
        putTurned(y + 2 * out, sub(e2r, f2i), add(e2i, f2r), w2r, w2i, turn);
        putTurned(y + 3 * out, add(e2r, f2i), sub(e2i, f2r), w3r, w3i, turn);
      }
      a += step;
      o += outStep;
    }
    o += 4 * out;
    w += 32;
  }
}

export function radix7(s: Stage): void {
  loop7(s, 0, 1, false);
  if (s.m > 1) loop7(s, 1, s.m, true);
}

// @ts-ignore: decorator
@inline function loop7(s: Stage, first: i32, end: i32, turn: bool): void {
  const span = s.span, wide = s.wide, step = s.fromStride, outStep = s.toStride;
  const leg = step * <usize>(span * s.m), out = outStep * <usize>span;
  const c1 = all(s.roots + 8), s1 = all(s.roots + 12), c2 = all(s.roots + 16), s2 = all(s.roots + 20);
  const c3 = all(s.roots + 24), s3 = all(s.roots + 28);
  let a = s.from + step * <usize>(span * first), o = s.to + 7 * out * <usize>first;
  let w = s.twiddles + 48 * <usize>first;
  for (let p = first; p < end; p++) {
    const w1r = all(w + 0), w1i = all(w + 4), w2r = all(w + 8), w2i = all(w + 12), w3r = all(w + 16), w3i = all(w + 20), w4r = all(w + 24), w4i = all(w + 28), w5r = all(w + 32), w5i = all(w + 36), w6r = all(w + 40), w6i = all(w + 44);
    for (let i = span; i > 0; i--) {
      for (let x = a, y = o, stop = a + wide; x < stop; x += 32, y += 32) {
        const ar = re(x), ai = im(x);
        const b1r = re(x + leg), b1i = im(x + leg), d1r = re(x + 6 * leg), d1i = im(x + 6 * leg);
        const p1r = add(b1r, d1r), p1i = add(b1i, d1i), m1r = sub(b1r, d1r), m1i = sub(b1i, d1i);
        const b2r = re(x + 2 * leg), b2i = im(x + 2 * leg), d2r = re(x + 5 * leg), d2i = im(x + 5 * leg);
        const p2r = add(b2r, d2r), p2i = add(b2i, d2i), m2r = sub(b2r, d2r), m2i = sub(b2i, d2i);
        const b3r = re(x + 3 * leg), b3i = im(x + 3 * leg), d3r = re(x + 4 * leg), d3i = im(x + 4 * leg);
        const p3r = add(b3r, d3r), p3i = add(b3i, d3i), m3r = sub(b3r, d3r), m3i = sub(b3i, d3i);
        put(y, add(add(ar, p1r), add(p2r, p3r)), add(add(ai, p1i), add(p2i, p3i)));
        const e1r = add(add(ar, mul(c1, p1r)), add(mul(c2, p2r), mul(c3, p3r)));
        const e1i = add(add(ai, mul(c1, p1i)), add(mul(c2, p2i), mul(c3, p3i)));
        const f1r = add(add(mul(s1, m1r), mul(s2, m2r)), mul(s3, m3r));
        const f1i = add(add(mul(s1, m1i), mul(s2, m2i)), mul(s3, m3i));
        putTurned(y + out, sub(e1r, f1i), add(e1i, f1r), w1r, w1i, turn);
        putTurned(y + 6 * out, add(e1r, f1i), sub(e1i, f1r), w6r, w6i, turn);
        const e2r = add(add(ar, mul(c2, p1r)), add(mul(c3, p2r), mul(c1, p3r)));
        const e2i = add(add(ai, mul(c2, p1i)), add(mul(c3, p2i), mul(c1, p3i)));
        const f2r = sub(sub(mul(s2, m1r), mul(s3, m2r)), mul(s1, m3r));
        const f2i = sub(sub(mul(s2, m1i), mul(s3, m2i)), mul(s1, m3i));
        putTurned(y + 2 * out, sub(e2r, f2i), add(e2i, f2r), w2r, w2i, turn);
        putTurned(y + 5 * out, add(e2r, f2i), sub(e2i, f2r), w5r, w5i, turn);
        const e3r = add(add(ar, mul(c3, p1r)), add(mul(c1, p2r), mul(c2, p3r)));
        const e3i = add(add(ai, mul(c3, p1i)), add(mul(c1, p2i), mul(c2, p3i)));
        const f3r = add(sub(mul(s3, m1r), mul(s1, m2r)), mul(s2, m3r));
        const f3i = add(sub(mul(s3, m1i), mul(s1, m2i)), mul(s2, m3i));
        putTurned(y + 3 * out, sub(e3r, f3i), add(e3i, f3r), w3r, w3i, turn);
        putTurned(y + 4 * out, add(e3r, f3i), sub(e3i, f3r), w4r, w4i, turn);
      }
      a += step;
      o += outStep;
    }
    o += 6 * out;
    w += 48;
  }
}

/**
 * Any radix, by its definition: r² products per butterfly. It is slow for large primes, and there so that a circular
 * size need never be changed.
 */
export function radixAny(s: Stage, r: i32): void {
  const leg = s.fromStride * <usize>(s.span * s.m), out = s.toStride * <usize>s.span;
  for (let p = 0; p < s.m; p++) {
    for (let i = 0; i < s.span; i++) {
      const a = s.from + s.fromStride * <usize>(s.span * p + i);
      const o = s.to + s.toStride * <usize>(s.span * r * p + i);
      for (let c: usize = 0; c < s.wide; c += 32) {
        for (let j = 0; j < r; j++) butterflyLeg(a + c, leg, r, j, s.roots, o + c + <usize>j * out, s.twiddles, p);
      }
    }
  }
}

function butterflyLeg(x: usize, leg: usize, r: i32, j: i32, roots: usize, to: usize, twiddles: usize, p: i32): void {
  let sr = re(x), si = im(x);
  for (let k = 1, turn = j; k < r; k++) {
    x += leg;
    const root = roots + (<usize>turn << 3);
    const xr = re(x), xi = im(x), wr = all(root), wi = all(root + 4);
    sr = add(sr, sub(mul(xr, wr), mul(xi, wi)));
    si = add(si, add(mul(xr, wi), mul(xi, wr)));
    turn += j;
    if (turn >= r) turn -= r;
  }
  if (j == 0 || p == 0) {
    put(to, sr, si);
    return;
  }
  const w = twiddles + (<usize>(p * (r - 1) + j - 1) << 3);
  putTurned(to, sr, si, all(w), all(w + 4), true);
}
