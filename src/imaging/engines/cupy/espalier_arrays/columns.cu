// Lines across memory, several columns side by side so that memory is read in whole segments; see lines.cu. COLUMNS is the
// width of a block.

// The third axis of a convolution in one pass: forward transform of every (ky, kx) column, product with the transfer
// function (`side` 1) or its conjugate (-1), inverse transform. Planes of the spectrum past the first `planes` are zero,
// and are neither read nor written.
extern "C" __global__ void __launch_bounds__(COLUMNS* LANES) filter_columns(
    float2* __restrict__ spectrum, const float2* __restrict__ transfer, const float2* __restrict__ roots, int columns,
    int planes, float side) {
  __shared__ float2 lines[N * COLUMNS];
  const int lane = threadIdx.y;
  const long long column = (long long)blockIdx.x * COLUMNS + threadIdx.x;
  const bool there = column < columns;
  float2* const line = lines + threadIdx.x;
  float2 v[Count<FIRST>::mine][FIRST], w[Count<LAST>::mine][LAST];
#pragma unroll
  for (int c = 0; c < Count<FIRST>::mine; c++) {
#pragma unroll
    for (int k = 0; k < FIRST; k++) {
      const int z = SAMPLE(FIRST, c, k);
      const bool lit = there && MINE(FIRST, c) && z < planes;
      v[c][k] = lit ? spectrum[(long long)z * columns + column] : make_float2(0.f, 0.f);
    }
  }
  FORWARD
#pragma unroll
  for (int c = 0; c < Count<LAST>::mine; c++) {
    if (!there || !MINE(LAST, c)) continue;
#pragma unroll
    for (int k = 0; k < LAST; k++) {
      float2 factor = __ldg(transfer + (long long)SAMPLE(LAST, c, k) * columns + column);
      factor.y *= side;
      w[c][k] = times(w[c][k], factor);
    }
  }
  INVERSE
#pragma unroll
  for (int c = 0; c < Count<FIRST>::mine; c++) {
    if (!there || !MINE(FIRST, c)) continue;
#pragma unroll
    for (int k = 0; k < FIRST; k++) {
      const int z = SAMPLE(FIRST, c, k);
      if (z < planes) spectrum[(long long)z * columns + column] = v[c][k];
    }
  }
}

// The second axis: every column of one plane (blockIdx.y), in place.
extern "C" __global__ void __launch_bounds__(COLUMNS* LANES)
    forward_columns(float2* __restrict__ spectrum, const float2* __restrict__ roots, int columns) {
  __shared__ float2 lines[N * COLUMNS];
  const int lane = threadIdx.y;
  const int column = blockIdx.x * COLUMNS + threadIdx.x;
  const bool there = column < columns;
  float2* const plane = spectrum + (long long)blockIdx.y * N * columns + column;
  float2* const line = lines + threadIdx.x;
  float2 v[Count<FIRST>::mine][FIRST], w[Count<LAST>::mine][LAST];
#pragma unroll
  for (int c = 0; c < Count<FIRST>::mine; c++) {
#pragma unroll
    for (int k = 0; k < FIRST; k++)
      v[c][k] = there && MINE(FIRST, c) ? plane[(long long)SAMPLE(FIRST, c, k) * columns] : make_float2(0.f, 0.f);
  }
  FORWARD
#pragma unroll
  for (int c = 0; c < Count<LAST>::mine; c++) {
    if (!there || !MINE(LAST, c)) continue;
#pragma unroll
    for (int k = 0; k < LAST; k++) plane[(long long)SAMPLE(LAST, c, k) * columns] = w[c][k];
  }
}

extern "C" __global__ void __launch_bounds__(COLUMNS* LANES)
    inverse_columns(float2* __restrict__ spectrum, const float2* __restrict__ roots, int columns) {
  __shared__ float2 lines[N * COLUMNS];
  const int lane = threadIdx.y;
  const int column = blockIdx.x * COLUMNS + threadIdx.x;
  const bool there = column < columns;
  float2* const plane = spectrum + (long long)blockIdx.y * N * columns + column;
  float2* const line = lines + threadIdx.x;
  float2 v[Count<FIRST>::mine][FIRST], w[Count<LAST>::mine][LAST];
#pragma unroll
  for (int c = 0; c < Count<LAST>::mine; c++) {
#pragma unroll
    for (int k = 0; k < LAST; k++)
      w[c][k] = there && MINE(LAST, c) ? plane[(long long)SAMPLE(LAST, c, k) * columns] : make_float2(0.f, 0.f);
  }
  INVERSE
#pragma unroll
  for (int c = 0; c < Count<FIRST>::mine; c++) {
    if (!there || !MINE(FIRST, c)) continue;
#pragma unroll
    for (int k = 0; k < FIRST; k++) plane[(long long)SAMPLE(FIRST, c, k) * columns] = v[c][k];
  }
}
