// The first axis, with what happens before and after it in the same pass. A row of 2·N real samples is a line of N complex
// ones; its spectrum has N + 1 values, in rows of `stride`. ROWS lines per block, LANES threads each; see lines.cu.

__device__ __forceinline__ float2 conjugate(float2 a) { return make_float2(a.x, -a.y); }

// The line's transform (w, in natural order) becomes the spectrum of the real row. `turns` holds exp(-2πi·k/(2·N)).
__device__ __forceinline__ void write_spectrum(
    float2 (*w)[LAST], float2* line, int lane, bool there, float2* row, const float2* __restrict__ turns) {
#pragma unroll
  for (int c = 0; c < Count<LAST>::mine; c++) {
    if (!MINE(LAST, c)) continue;
#pragma unroll
    for (int k = 0; k < LAST; k++) line[AT(SAMPLE(LAST, c, k))] = w[c][k];
  }
  __syncthreads();
  for (int k = lane; k <= N / 2; k += LANES) {
    const float2 a = line[AT(k)], b = conjugate(line[AT(k == 0 ? 0 : N - k)]);
    const float2 even = 0.5f * (a + b), odd = times(__ldg(turns + k), 0.5f * turned<-1>(a - b));
    if (!there) continue;
    row[k] = even + odd;
    row[N - k] = conjugate(even - odd);
  }
}

// The other way, not scaled: w is where the inverse begins.
__device__ __forceinline__ void read_spectrum(
    float2 (*w)[LAST], float2* line, int lane, bool there, const float2* row, const float2* __restrict__ turns) {
  for (int k = lane; k <= N / 2; k += LANES) {
    const float2 zero = make_float2(0.f, 0.f);
    const float2 a = there ? row[k] : zero, b = there ? conjugate(row[N - k]) : zero;
    const float2 even = a + b, odd = times(conjugate(__ldg(turns + k)), a - b);
    line[AT(k)] = even + turned<1>(odd);
    if (k > 0) line[AT(N - k)] = conjugate(even) + turned<1>(conjugate(odd));
  }
  __syncthreads();
  load<LAST>(w, line, lane);
}

__device__ __forceinline__ double sum_of_rows(double mine) {
  __shared__ double sums[LANES * ROWS];
  const int me = threadIdx.y * LANES + threadIdx.x;
  sums[me] = mine;
  __syncthreads();
  for (int count = LANES * ROWS; count > 1;) {
    const int half = (count + 1) / 2;
    if (me < count - half) sums[me] += sums[me + half];
    __syncthreads();
    count = half;
  }
  const double total = sums[0];
  __syncthreads();
  return total;
}

#define BLOCK_OF_ROWS                                            \
  __shared__ float2 lines[ROWS * (AT(N) + 1)];                   \
  const int lane = threadIdx.x;                                  \
  const long long row = (long long)blockIdx.x * ROWS + threadIdx.y; \
  const bool there = row < rows;                                 \
  float2* const line = lines + threadIdx.y * (AT(N) + 1);        \
  float2 v[Count<FIRST>::mine][FIRST], w[Count<LAST>::mine][LAST];

#define EACH_PAIR                                       \
  _Pragma("unroll") for (int c = 0; c < Count<FIRST>::mine; c++) \
    _Pragma("unroll") for (int k = 0; k < FIRST; k++)

__device__ __forceinline__ float predicted(float x, float before, float weight) {
  return fmaxf(0.f, x + weight * (x - before));
}
__device__ __forceinline__ float2 predicted(float2 x, float2 before, float weight) {
  return make_float2(predicted(x.x, before.x, weight), predicted(x.y, before.y, weight));
}

// spectrum <- transform along x of max(0, x + weight · (x - before))
extern "C" __global__ void __launch_bounds__(LANES* ROWS) predict_rows(
    const float2* __restrict__ x, const float2* __restrict__ before, const float* __restrict__ weight,
    float2* __restrict__ spectrum, const float2* __restrict__ roots, const float2* __restrict__ turns, int rows,
    int stride) {
  BLOCK_OF_ROWS
  const float carry = *weight;
  EACH_PAIR {
    const long long i = row * N + SAMPLE(FIRST, c, k);
    v[c][k] = there && MINE(FIRST, c) ? predicted(x[i], before[i], carry) : make_float2(0.f, 0.f);
  }
  FORWARD
  write_spectrum(w, line, lane, there, spectrum + row * stride, turns);
}

__device__ __forceinline__ float ratio_of(float data, float blurred, int& cut) {
  const float epsilon = 1.1920929e-7f;
  const float ratio = data / (blurred == 0.f ? epsilon : blurred) + epsilon;
  const float kept = fmaxf(-10.f, fminf(10.f, ratio));
  cut += kept != ratio;
  return kept;
}

// Blurred estimate (spectrum along x) -> spectrum of clip(data / blurred + ε, -10, 10), in place.
extern "C" __global__ void __launch_bounds__(LANES* ROWS) compare_rows(
    const float2* __restrict__ data, float2* __restrict__ spectrum, double* __restrict__ partial,
    const float2* __restrict__ roots, const float2* __restrict__ turns, int rows, int stride) {
  BLOCK_OF_ROWS
  int cut = 0;
  read_spectrum(w, line, lane, there, spectrum + row * stride, turns);
  INVERSE
  EACH_PAIR {
    if (!there || !MINE(FIRST, c)) continue;
    const float2 wanted = data[row * N + SAMPLE(FIRST, c, k)];
    v[c][k] = make_float2(ratio_of(wanted.x, v[c][k].x, cut), ratio_of(wanted.y, v[c][k].y, cut));
  }
  FORWARD
  write_spectrum(w, line, lane, there, spectrum + row * stride, turns);
  const double total = sum_of_rows(cut);
  if (threadIdx.x + threadIdx.y == 0) partial[blockIdx.x] = total;
}

// Correction (spectrum along x): before <- max(0, y · correction), which is the new estimate, and change <- new - y, where y is
// the prediction made once more; with the sums that the next weight follows from.
extern "C" __global__ void __launch_bounds__(LANES* ROWS) update_rows(
    const float2* __restrict__ x, float2* __restrict__ before, float2* __restrict__ change,
    const float* __restrict__ weight, const float2* __restrict__ spectrum, double* __restrict__ partial,
    const float2* __restrict__ roots, const float2* __restrict__ turns, int rows, int stride) {
  BLOCK_OF_ROWS
  const float carry = *weight;
  float total = 0, cross = 0, square = 0;
  read_spectrum(w, line, lane, there, spectrum + row * stride, turns);
  INVERSE
  EACH_PAIR {
    if (!there || !MINE(FIRST, c)) continue;
    const long long i = row * N + SAMPLE(FIRST, c, k);
    const float2 y = predicted(x[i], before[i], carry), old = change[i];
    const float2 made = make_float2(fmaxf(0.f, y.x * v[c][k].x), fmaxf(0.f, y.y * v[c][k].y));
    const float2 step = made - y;
    before[i] = made;
    change[i] = step;
    total += made.x + made.y;
    cross += step.x * old.x + step.y * old.y;
    square += step.x * step.x + step.y * step.y;
  }
  const double sums[3] = {sum_of_rows(total), sum_of_rows(cross), sum_of_rows(square)};
  if (threadIdx.x + threadIdx.y > 0) return;
  for (int kind = 0; kind < 3; kind++) partial[(kind + 1) * gridDim.x + blockIdx.x] = sums[kind];
}

// Plain: x <- max(0, x · correction), and its spectrum for the next iteration in the same pass.
extern "C" __global__ void __launch_bounds__(LANES* ROWS) update_rows_plainly(
    float2* __restrict__ x, float2* __restrict__ spectrum, double* __restrict__ partial,
    const float2* __restrict__ roots, const float2* __restrict__ turns, int rows, int stride) {
  BLOCK_OF_ROWS
  float total = 0;
  read_spectrum(w, line, lane, there, spectrum + row * stride, turns);
  INVERSE
  EACH_PAIR {
    if (!there || !MINE(FIRST, c)) continue;
    const long long i = row * N + SAMPLE(FIRST, c, k);
    const float2 y = x[i];
    const float2 made = make_float2(fmaxf(0.f, y.x * v[c][k].x), fmaxf(0.f, y.y * v[c][k].y));
    x[i] = made;
    v[c][k] = made;
    total += made.x + made.y;
  }
  FORWARD
  write_spectrum(w, line, lane, there, spectrum + row * stride, turns);
  const double sum = sum_of_rows(total);
  if (threadIdx.x + threadIdx.y == 0) partial[gridDim.x + blockIdx.x] = sum;
}
