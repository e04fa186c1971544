"""
Runs the CUDA kernels of the engine cupy on the CPU (see cupy_on_cpu.py) against the plain array code, and prints the largest
difference of each case as JSON. Needs numpy, scipy and g++.
"""

import json
import sys
from pathlib import Path

import numpy

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "src/imaging/engines/cupy")]

import cupy_on_cpu  # noqa: E402

cupy_on_cpu.install()

from espalier_arrays import kernels  # noqa: E402
from espalier_arrays.arrays import open_arrays  # noqa: E402
from espalier_arrays.fused import FusedSteps  # noqa: E402
from espalier_arrays.richardson_lucy import ArraySteps, iterate  # noqa: E402
from espalier_arrays.transfer import transfer_of_psf  # noqa: E402
from espalier_arrays.whole import open_whole  # noqa: E402

# A CPU runs thread after thread.
kernels.BLOCKS, kernels.THREADS = 2, 16
ITERATIONS = 4
# The transform's lengths, and the estimate's: radices 2 to 8, odd ones, fewer planes than the transform, zeros around it.
CASES = (
    ((16, 12, 18), (12, 12, 18)),
    ((15, 7, 16), (15, 7, 16)),
    ((21, 15, 35), (17, 10, 28)),
    ((11, 12, 13), (11, 12, 13)),
    ((1, 12, 10), (1, 12, 10)),
)


def main() -> None:
    arrays = open_arrays("numpy")
    random = numpy.random.default_rng(1)
    for shape, extent in CASES:
        psf = random.random((min(3, shape[0]), 5, 5), dtype=numpy.float32)
        psf /= psf.sum()
        data = random.random(extent, dtype=numpy.float32) * 50
        data[:, 3:5, 3:5] += 400
        transfer = transfer_of_psf(arrays, psf, [psf.shape[0] // 2, 2, 2], list(shape))
        for accelerated in (False, True):
            wanted, told = iterate(ArraySteps(arrays, data, data, transfer.copy(), list(shape), accelerated), ITERATIONS)
            ways = {
                "whole": open_whole(data, data, transfer.copy(), list(shape), accelerated, ITERATIONS),
                "fused": FusedSteps(data, data, transfer.copy(), list(shape), accelerated, ITERATIONS),
                "library": FusedSteps(data, data, transfer.copy(), list(shape), accelerated, ITERATIONS, 0),
            }
            for way, steps in ways.items():
                if steps is None:
                    continue
                made, report = iterate(steps, ITERATIONS)
                error = float(numpy.abs(made - wanted).max() / wanted.max())
                weight = max(abs(a.weight - b.weight) for a, b in zip(report, told))
                case = {"shape": shape, "way": way, "accelerated": accelerated, "error": error, "weight": weight}
                print(json.dumps(case), flush=True)


if __name__ == "__main__":
    main()
