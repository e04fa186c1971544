/* Richardson-Lucy by FFTW in single precision: what a C programmer would write in an hour, as the measure of our own.
 * usage: fftw DATA PSF NX NY NZ MX MY MZ ITERATIONS THREADS RESULT WISDOM   (raw float32, x fastest; PSF centre at m/2)
 * Prints the seconds of planning, of the iterations, and the peak resident memory. */
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void read_floats(const char *path, float *to, size_t count) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(to, sizeof(float), count, file) != count) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(2);
  }
  fclose(file);
}

static int wrapped(int i, int n) { return ((i % n) + n) % n; }

static void multiply(fftwf_complex *a, const fftwf_complex *b, size_t n, float sign, float scale) {
#pragma omp parallel for
  for (size_t i = 0; i < n; i++) {
    float re = a[i][0] * b[i][0] - sign * a[i][1] * b[i][1];
    float im = a[i][1] * b[i][0] + sign * a[i][0] * b[i][1];
    a[i][0] = re * scale;
    a[i][1] = im * scale;
  }
}

int main(int count, char **arg) {
  if (count != 13) return 2;
  int nx = atoi(arg[3]), ny = atoi(arg[4]), nz = atoi(arg[5]);
  int mx = atoi(arg[6]), my = atoi(arg[7]), mz = atoi(arg[8]);
  int iterations = atoi(arg[9]), threads = atoi(arg[10]);
  size_t n = (size_t)nx * ny * nz, half = (size_t)(nx / 2 + 1) * ny * nz, m = (size_t)mx * my * mz;
  fftwf_init_threads();
  fftwf_plan_with_nthreads(threads);
  float *work = fftwf_alloc_real(2 * half), *x = fftwf_alloc_real(n), *data = fftwf_alloc_real(n);
  fftwf_complex *spectrum = (fftwf_complex *)work, *transfer = fftwf_alloc_complex(half);
  int row = 2 * (nx / 2 + 1);
  double start = now();
  /* Plans of an earlier round are kept, or planning would take most of the run. */
  fftwf_import_wisdom_from_filename(arg[12]);
  fftwf_plan forward = fftwf_plan_dft_r2c_3d(nz, ny, nx, work, spectrum, FFTW_MEASURE);
  fftwf_plan inverse = fftwf_plan_dft_c2r_3d(nz, ny, nx, spectrum, work, FFTW_MEASURE);
  double planning = now() - start;
  fftwf_export_wisdom_to_filename(arg[12]);

  float *psf = malloc(m * sizeof(float));
  read_floats(arg[1], data, n);
  read_floats(arg[2], psf, m);
  start = now();
  memset(work, 0, 2 * half * sizeof(float));
  for (int z = 0; z < mz; z++)
    for (int y = 0; y < my; y++)
      for (int i = 0; i < mx; i++)
        work[((size_t)wrapped(z - mz / 2, nz) * ny + wrapped(y - my / 2, ny)) * row + wrapped(i - mx / 2, nx)] +=
            psf[((size_t)z * my + y) * mx + i];
  fftwf_execute(forward);
  memcpy(transfer, spectrum, half * sizeof(fftwf_complex));
  memcpy(x, data, n * sizeof(float));
  float scale = 1.0f / (float)n;
  for (int k = 0; k < iterations; k++) {
#pragma omp parallel for
    for (int r = 0; r < ny * nz; r++) memcpy(work + (size_t)r * row, x + (size_t)r * nx, nx * sizeof(float));
    fftwf_execute(forward);
    multiply(spectrum, transfer, half, 1, scale);
    fftwf_execute(inverse);
#pragma omp parallel for
    for (int r = 0; r < ny * nz; r++) {
      float *b = work + (size_t)r * row, *d = data + (size_t)r * nx;
      for (int i = 0; i < nx; i++) b[i] = d[i] / (b[i] > 1.19e-7f ? b[i] : 1.19e-7f);
    }
    fftwf_execute(forward);
    multiply(spectrum, transfer, half, -1, scale);
    fftwf_execute(inverse);
#pragma omp parallel for
    for (int r = 0; r < ny * nz; r++) {
      float *c = work + (size_t)r * row, *e = x + (size_t)r * nx;
      for (int i = 0; i < nx; i++) e[i] = fmaxf(0, e[i] * c[i]);
    }
  }
  double seconds = now() - start;
  FILE *file = fopen(arg[11], "wb");
  if (!file || fwrite(x, sizeof(float), n, file) != n || fclose(file)) return 2;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"planning\": %.3f, \"seconds\": %.4f, \"peakBytes\": %ld}\n", planning, seconds, usage.ru_maxrss * 1024L);
  return 0;
}
