// The steps of Richardson-Lucy between the transforms, each one pass over memory. Sums are made in double, per block
// and then over the blocks in a fixed order: the same bytes every time. BLOCKS and THREADS are given at compile time.

// A real volume has rows of nx and planes of ny rows; the estimate is a part of it, the rest is zero.
__device__ __forceinline__ bool inside(long long i, int nx, int ny, int estimate_x, int estimate_y, int estimate_z) {
  const long long row = i / nx;
  return (int)(i % nx) < estimate_x && (int)(row % ny) < estimate_y && (int)(row / ny) < estimate_z;
}

// Four samples at a time keep memory busier than one; the last few of an odd volume go singly.
struct Four {
  float v[4];
};
__device__ __forceinline__ Four four(const float* from, long long i) {
  const float4 a = reinterpret_cast<const float4*>(from)[i];
  return {{a.x, a.y, a.z, a.w}};
}
__device__ __forceinline__ void put(float* to, long long i, Four a) {
  reinterpret_cast<float4*>(to)[i] = make_float4(a.v[0], a.v[1], a.v[2], a.v[3]);
}
#define EACH(i, count) \
  for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < (count); i += (long long)BLOCKS * THREADS)
#define REST(i, count) for (long long i = (count) / 4 * 4 + (long long)blockIdx.x * THREADS + threadIdx.x; i < (count); i += (count))

__device__ double sum_of_block(double mine) {
  __shared__ double sums[THREADS];
  sums[threadIdx.x] = mine;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  const double total = sums[0];
  __syncthreads();
  return total;
}

__device__ __forceinline__ float predicted(float x, float before, float weight) {
  return fmaxf(0.f, x + weight * (x - before));
}

// y <- max(0, x + weight · (x - before))
extern "C" __global__ void __launch_bounds__(THREADS) predict(
    const float* __restrict__ x, const float* __restrict__ before, float* __restrict__ y, const float* __restrict__ weight,
    long long count) {
  const float w = *weight;
  EACH(i, count / 4) {
    Four a = four(x, i);
    const Four b = four(before, i);
#pragma unroll
    for (int k = 0; k < 4; k++) a.v[k] = predicted(a.v[k], b.v[k], w);
    put(y, i, a);
  }
  REST(i, count) y[i] = predicted(x[i], before[i], w);
}

// The ratio of data to blurred estimate, where a blurred 0 counts as ε; counts in `cut` what ±10 cuts.
__device__ __forceinline__ float ratio_of(float data, float blurred, int& cut) {
  const float epsilon = 1.1920929e-7f;
  const float ratio = data / (blurred == 0.f ? epsilon : blurred) + epsilon;
  const float kept = fmaxf(-10.f, fminf(10.f, ratio));
  cut += kept != ratio;
  return kept;
}

// work <- clip(data / work + ε, -10, 10), and 0 outside the estimate (`whole`: there is nothing outside).
extern "C" __global__ void __launch_bounds__(THREADS) compare(
    const float* __restrict__ data, float* __restrict__ work, double* __restrict__ partial, int whole, int nx, int ny,
    int estimate_x, int estimate_y, int estimate_z, long long count) {
  int cut = 0;
  if (whole) {
    EACH(i, count / 4) {
      const Four a = four(data, i);
      Four b = four(work, i);
#pragma unroll
      for (int k = 0; k < 4; k++) b.v[k] = ratio_of(a.v[k], b.v[k], cut);
      put(work, i, b);
    }
    REST(i, count) work[i] = ratio_of(data[i], work[i], cut);
  } else {
    EACH(i, count) work[i] = inside(i, nx, ny, estimate_x, estimate_y, estimate_z) ? ratio_of(data[i], work[i], cut) : 0.f;
  }
  const double total = sum_of_block(cut);
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

// x <- max(0, x · work)
extern "C" __global__ void __launch_bounds__(THREADS) update(
    float* __restrict__ x, const float* __restrict__ work, double* __restrict__ partial, long long count) {
  double total = 0;
  EACH(i, count / 4) {
    Four a = four(x, i);
    const Four b = four(work, i);
#pragma unroll
    for (int k = 0; k < 4; k++) a.v[k] = fmaxf(0.f, a.v[k] * b.v[k]);
    put(x, i, a);
    total += (double)(a.v[0] + a.v[1] + a.v[2] + a.v[3]);
  }
  REST(i, count) total += x[i] = fmaxf(0.f, x[i] * work[i]);
  total = sum_of_block(total);
  if (threadIdx.x == 0) partial[BLOCKS + blockIdx.x] = total;
}

// next <- max(0, y · work) and change <- next - y, with the products of the new change with the old one and with itself.
// The sums of four are single: doubles are slow on small GPUs.
extern "C" __global__ void __launch_bounds__(THREADS) update_accelerated(
    const float* __restrict__ y, const float* __restrict__ work, float* __restrict__ next, float* __restrict__ change,
    double* __restrict__ partial, long long count) {
  double total = 0, cross = 0, square = 0;
  EACH(i, count / 4) {
    const Four start = four(y, i), correction = four(work, i), old = four(change, i);
    Four made, step;
    float s = 0, c = 0, q = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      made.v[k] = fmaxf(0.f, start.v[k] * correction.v[k]);
      step.v[k] = made.v[k] - start.v[k];
      s += made.v[k];
      c += step.v[k] * old.v[k];
      q += step.v[k] * step.v[k];
    }
    put(next, i, made);
    put(change, i, step);
    total += s;
    cross += c;
    square += q;
  }
  REST(i, count) {
    const float made = fmaxf(0.f, y[i] * work[i]), step = made - y[i];
    total += made;
    cross += step * change[i];
    square += step * step;
    next[i] = made;
    change[i] = step;
  }
  total = sum_of_block(total);
  cross = sum_of_block(cross);
  square = sum_of_block(square);
  if (threadIdx.x == 0) {
    partial[BLOCKS + blockIdx.x] = total;
    partial[2 * BLOCKS + blockIdx.x] = cross;
    partial[3 * BLOCKS + blockIdx.x] = square;
  }
}

// One block of four times THREADS, one part for each kind of sum. From the sums of `blocks` blocks (ratios cut, estimate,
// products of changes): what happened in an iteration (weight, ratios cut, sum of the estimate), and the weight of the next
// prediction. Plain, only the first two kinds were summed.
extern "C" __global__ void __launch_bounds__(4 * THREADS) finish(
    const double* __restrict__ partial, int blocks, double* __restrict__ square_before, float* __restrict__ weight,
    double* __restrict__ report, int accelerated) {
  __shared__ double sums[4 * THREADS];
  const int kind = threadIdx.x / THREADS, me = threadIdx.x % THREADS;
  double mine = 0;
  if (accelerated || kind < 2) {
#pragma unroll 8
    for (int block = me; block < blocks; block += THREADS) mine += partial[(long long)kind * blocks + block];
  }
  sums[threadIdx.x] = mine;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (me < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x > 0) return;
  report[0] = *weight;
  report[1] = sums[0];
  report[2] = sums[THREADS];
  if (!accelerated) return;
  *weight = (float)fmin(1.0, fmax(0.0, sums[2 * THREADS] / (*square_before + 1.1920929e-7)));
  *square_before = sums[3 * THREADS];
}

// Where the whole transform is the library's: spectrum <- spectrum · transfer, or its conjugate for side -1.
extern "C" __global__ void __launch_bounds__(THREADS) multiply(
    float2* __restrict__ spectrum, const float2* __restrict__ transfer, float side, long long count) {
  EACH(i, count) {
    const float2 a = spectrum[i];
    float2 b = transfer[i];
    b.y *= side;
    spectrum[i] = make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
  }
}
