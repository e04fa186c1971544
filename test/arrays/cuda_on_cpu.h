// Runs a CUDA kernel on a CPU, block after block: every thread of a block is a coroutine, and __syncthreads hands on to
// the next one. A stand-in for a GPU: it shows what a kernel computes, not how fast, nor a race between its threads.
#include <algorithm>
#include <cmath>
#include <functional>
#include <ucontext.h>
#include <vector>

struct float2 { float x, y; };
static inline float2 make_float2(float x, float y) { return {x, y}; }
struct float4 { float x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct Index { unsigned x, y, z; };
static Index threadIdx, blockIdx, blockDim, gridDim;

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static
#define __ldg(pointer) (*(pointer))

static ucontext_t scheduler;
static std::vector<ucontext_t> threads;
static std::vector<char> ended;
static std::vector<std::vector<char>> stacks;
static unsigned current;
static std::function<void()> kernel;

static void __attribute__((noinline)) __syncthreads() { swapcontext(&threads[current], &scheduler); }

static void run_thread() {
  kernel();
  ended[current] = 1;
  swapcontext(&threads[current], &scheduler);
}

static void run_block(unsigned width, unsigned height) {
  const unsigned count = width * height;
  threads.resize(count);
  stacks.resize(std::max<size_t>(stacks.size(), count), std::vector<char>(1 << 18));
  ended.assign(count, 0);
  for (current = 0; current < count; current++) {
    getcontext(&threads[current]);
    threads[current].uc_stack.ss_sp = stacks[current].data();
    threads[current].uc_stack.ss_size = stacks[current].size();
    makecontext(&threads[current], run_thread, 0);
  }
  // In a changing order, so that a result that hangs on the order of threads, where a barrier is missing, shows.
  static unsigned state = 1;
  for (bool going = true; going;) {
    going = false;
    state = state * 1664525u + 1013904223u;
    const unsigned first = (state >> 8) % count, back = state >> 31;
    for (unsigned turn = 0; turn < count; turn++) {
      current = back ? (first + count - turn) % count : (first + turn) % count;
      if (ended[current]) continue;
      threadIdx = {current % width, current / width, 0};
      swapcontext(&scheduler, &threads[current]);
      going = true;
    }
  }
}

static void launch(unsigned blocks, unsigned rows, unsigned width, unsigned height, std::function<void()> work) {
  kernel = work;
  blockDim = {width, height, 1};
  gridDim = {blocks, rows, 1};
  for (unsigned y = 0; y < rows; y++)
    for (unsigned x = 0; x < blocks; x++) {
      blockIdx = {x, y, 0};
      run_block(width, height);
    }
}
