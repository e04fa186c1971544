"""Richardson-Lucy as Python users have it.

usage: python peers.py scipy|skimage DATA PSF NX NY NZ MX MY MZ ITERATIONS THREADS RESULT
Raw float32 files, x fastest; PSF of sum 1 with its centre at m // 2. Prints seconds and peak resident memory as JSON.
"""

import json
import resource
import sys
import time

import numpy as np


def with_scipy(data, psf, iterations, threads):
    """Circular, by scipy.fft in single precision: the few lines that most laboratories have somewhere."""
    from scipy import fft

    kernel = np.zeros(data.shape, np.float32)
    kernel[tuple(slice(0, n) for n in psf.shape)] = psf
    kernel = np.roll(kernel, [-(n // 2) for n in psf.shape], axis=(0, 1, 2))
    otf = fft.rfftn(kernel, workers=threads)
    estimate = data.copy()
    for _ in range(iterations):
        blurred = fft.irfftn(fft.rfftn(estimate, workers=threads) * otf, s=data.shape, workers=threads)
        ratio = data / np.maximum(blurred, np.float32(1.19e-7))
        estimate *= fft.irfftn(fft.rfftn(ratio, workers=threads) * np.conj(otf), s=data.shape, workers=threads)
        np.maximum(estimate, 0, out=estimate)
    return estimate


def with_skimage(data, psf, iterations, threads):
    """Zero-padded by the library itself."""
    from skimage.restoration import richardson_lucy

    return richardson_lucy(data, psf, num_iter=iterations, clip=False).astype(np.float32)


def main():
    name, data_file, psf_file, *numbers, result_file = sys.argv[1:]
    nx, ny, nz, mx, my, mz, iterations, threads = map(int, numbers)
    data = np.fromfile(data_file, np.float32).reshape(nz, ny, nx)
    psf = np.fromfile(psf_file, np.float32).reshape(mz, my, mx)
    run = {"scipy": with_scipy, "skimage": with_skimage}[name]
    run(data[:8, :8, :8].copy(), psf[28:35, 28:35, 28:35].copy(), 1, threads)
    start = time.perf_counter()
    result = run(data, psf, iterations, threads)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result.tofile(result_file)
    print(json.dumps({"seconds": seconds, "peakBytes": peak}))


main()
