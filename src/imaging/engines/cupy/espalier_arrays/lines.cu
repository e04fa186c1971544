// Transforms of whole lines in shared memory: Stockham stages as in the CPU program, several lines per block. The inverse
// runs through the radices the other way round, so that values need not leave the registers between the two.
//
// Given at compile time: N (length of a line), LANES (threads of a line), AT(i) (where sample i of a line lies), FIRST and
// LAST (radices), FORWARD and INVERSE (the stages: from v, where the first stage wants its values, to w, where the last one
// leaves them, and back).

__device__ __forceinline__ float2 operator+(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__device__ __forceinline__ float2 operator-(float2 a, float2 b) { return make_float2(a.x - b.x, a.y - b.y); }
__device__ __forceinline__ float2 operator*(float s, float2 a) { return make_float2(s * a.x, s * a.y); }
__device__ __forceinline__ float2 times(float2 a, float2 b) {
  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
// SIGN · i · a, where SIGN is -1 for the forward transform and 1 for the inverse.
template <int SIGN> __device__ __forceinline__ float2 turned(float2 a) {
  return SIGN > 0 ? make_float2(-a.y, a.x) : make_float2(a.y, -a.x);
}

// cos and sin of 2π·k/P for the odd radices, k from 1.
template <int P> struct Roots;
template <> struct Roots<3> {
  static __device__ __forceinline__ float cosine(int) { return -0.5f; }
  static __device__ __forceinline__ float sine(int k) { return k == 1 ? 0.866025403784f : -0.866025403784f; }
};
template <> struct Roots<5> {
  static __device__ __forceinline__ float cosine(int k) { return k == 1 || k == 4 ? 0.309016994375f : -0.809016994375f; }
  static __device__ __forceinline__ float sine(int k) {
    const float s = k == 1 || k == 4 ? 0.951056516295f : 0.587785252292f;
    return k < 3 ? s : -s;
  }
};
template <> struct Roots<7> {
  static __device__ __forceinline__ float cosine(int k) {
    return k == 1 || k == 6 ? 0.623489801859f : k == 2 || k == 5 ? -0.222520933956f : -0.900968867902f;
  }
  static __device__ __forceinline__ float sine(int k) {
    const float s = k == 1 || k == 6 ? 0.781831482468f : k == 2 || k == 5 ? 0.974927912182f : 0.433883739118f;
    return k < 4 ? s : -s;
  }
};

// A transform of R values in registers, in place and in order.
template <int R, int SIGN> struct Transform {
  static __device__ __forceinline__ void run(float2* v) {
    float2 even[R / 2], odd[R / 2];
    float2 total = v[0];
#pragma unroll
    for (int k = 1; k <= R / 2; k++) {
      even[k - 1] = v[k] + v[R - k];
      odd[k - 1] = v[k] - v[R - k];
      total = total + even[k - 1];
    }
    const float2 first = v[0];
    v[0] = total;
#pragma unroll
    for (int j = 1; j <= R / 2; j++) {
      float2 a = first, b = make_float2(0.f, 0.f);
#pragma unroll
      for (int k = 1; k <= R / 2; k++) {
        a = a + Roots<R>::cosine(j * k % R) * even[k - 1];
        b = b + Roots<R>::sine(j * k % R) * odd[k - 1];
      }
      v[j] = a + turned<SIGN>(b);
      v[R - j] = a - turned<SIGN>(b);
    }
  }
};
template <int SIGN> struct Transform<2, SIGN> {
  static __device__ __forceinline__ void run(float2* v) {
    const float2 a = v[0];
    v[0] = a + v[1];
    v[1] = a - v[1];
  }
};
template <int SIGN> struct Transform<4, SIGN> {
  static __device__ __forceinline__ void run(float2* v) {
    const float2 a = v[0] + v[2], b = v[0] - v[2], c = v[1] + v[3], d = turned<SIGN>(v[1] - v[3]);
    v[0] = a + c;
    v[1] = b + d;
    v[2] = a - c;
    v[3] = b - d;
  }
};
template <int SIGN> struct Transform<8, SIGN> {
  static __device__ __forceinline__ void run(float2* v) {
    float2 even[4] = {v[0], v[2], v[4], v[6]}, odd[4] = {v[1], v[3], v[5], v[7]};
    Transform<4, SIGN>::run(even);
    Transform<4, SIGN>::run(odd);
    const float h = 0.707106781187f;
    const float2 one = odd[1], three = odd[3];
    odd[1] = h * (one + turned<SIGN>(one));
    odd[2] = turned<SIGN>(odd[2]);
    odd[3] = h * (turned<SIGN>(three) - three);
#pragma unroll
    for (int k = 0; k < 4; k++) {
      v[k] = even[k] + odd[k];
      v[k + 4] = even[k] - odd[k];
    }
  }
};

// Which sample of the line is value k of butterfly c, before the first stage of radix R or after the last one.
#define SAMPLE(R, c, k) (lane + (c) * LANES + (k) * (N / (R)))
#define MINE(R, c) (lane + (c) * LANES < Count<R>::butterflies)

// Butterflies of a stage that one thread computes: those with b = lane, lane + LANES, ...
template <int R> struct Count {
  static const int butterflies = N / R;
  static const int mine = (N / R + LANES - 1) / LANES;
};

// `roots` holds exp(-2πi·k/N), made in double.
template <int R, int SPAN, int SIGN>
__device__ __forceinline__ void butterflies(float2 (*v)[R], int lane, const float2* __restrict__ roots) {
#pragma unroll
  for (int c = 0; c < Count<R>::mine; c++) {
    const int b = lane + c * LANES;
    if (b >= Count<R>::butterflies) break;
    Transform<R, SIGN>::run(v[c]);
    if (SPAN * R == N) continue;
    const int p = b / SPAN;
#pragma unroll
    for (int j = 1; j < R; j++) {
      float2 root = __ldg(roots + j * p * SPAN);
      if (SIGN > 0) root.y = -root.y;
      v[c][j] = times(v[c][j], root);
    }
  }
}

template <int R> __device__ __forceinline__ void load(float2 (*v)[R], const float2* line, int lane) {
#pragma unroll
  for (int c = 0; c < Count<R>::mine; c++) {
    const int b = lane + c * LANES;
    if (b >= Count<R>::butterflies) break;
#pragma unroll
    for (int k = 0; k < R; k++) v[c][k] = line[AT(b + k * (N / R))];
  }
  __syncthreads();
}

template <int R, int SPAN> __device__ __forceinline__ void store(float2 (*v)[R], float2* line, int lane) {
#pragma unroll
  for (int c = 0; c < Count<R>::mine; c++) {
    const int b = lane + c * LANES;
    if (b >= Count<R>::butterflies) break;
    const int p = b / SPAN, i = b % SPAN;
#pragma unroll
    for (int j = 0; j < R; j++) line[AT(i + SPAN * (R * p + j))] = v[c][j];
  }
  __syncthreads();
}
