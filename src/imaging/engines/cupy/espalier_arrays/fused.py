"""
The steps of `richardson_lucy.ArraySteps` as CUDA kernels, for CuPy alone: no temporary arrays, nothing allocated and
nothing awaited between the first step and the last. Along x and y the transforms are cuFFT's, for every length; along z one
kernel of ours does transform, product and inverse in one pass, where it can.
"""

import math
from typing import Any

import cupy
import numpy
from cupy.cuda import cufft

from .kernels import StepKernels, columns_kernel
from .richardson_lucy import Iteration


class FusedSteps:
    """`columns` 16, 8 or 4 sets the width of a block of the z kernel, None lets it be chosen, 0 leaves z to cuFFT."""

    def __init__(
        self,
        data: Any,
        first: Any,
        transfer: Any,
        shape: list[int],
        accelerated: bool,
        iterations: int,
        columns: int | None = None,
    ):
        nz, ny, nx = shape
        self.accelerated = accelerated
        self.kernel = None if columns == 0 else columns_kernel(nz, columns)
        planes = data.shape[0] if self.kernel else nz
        frame = (planes, ny, nx)
        self.planes, self.shape, self.extent = planes, shape, data.shape
        self.data = data if data.shape == frame else framed(data, frame)
        self.x = first if first.shape == frame and first is not data else framed(first, frame)
        # The transforms are not scaled: the transfer function is, once, in place.
        transfer *= numpy.float32(1 / (nx * ny * nz))
        self.transfer = transfer
        self.work = cupy.empty(frame, dtype=cupy.float32)
        self.spectrum = cupy.empty((planes, ny, nx // 2 + 1), dtype=cupy.complex64)
        if accelerated:
            self.y = cupy.empty(frame, dtype=cupy.float32)
            self.before = self.x.copy()
            self.change = cupy.zeros(frame, dtype=cupy.float32)
        else:
            self.y = self.x
        self.forward, self.inverse = plans(frame, whole=self.kernel is None)
        self.kernels = StepKernels()
        self.sums = Sums(self.kernels, self.kernels.blocks, accelerated, iterations)
        self.frame = [numpy.int32(length) for length in (nx, ny, *data.shape[::-1])]

    def predict(self) -> None:
        if self.accelerated:
            self.kernels.launch("predict", self.x, self.before, self.y, self.sums.weight, self.count(self.x))
        self.source = self.y

    def blur(self) -> None:
        self.convolve(self.source, 1)

    def blur_back(self) -> None:
        self.convolve(self.work, -1)

    def convolve(self, field: Any, side: int) -> None:
        """`field` → `work`. Both transforms are out of place; the inverse destroys the spectrum, as it may."""
        self.forward.fft(field, self.spectrum, cufft.CUFFT_FORWARD)
        if self.kernel:
            self.kernel.filter(self.spectrum, self.transfer, self.planes, side)
        else:
            self.kernels.launch("multiply", self.spectrum, self.transfer, numpy.float32(side), self.count(self.spectrum))
        self.inverse.fft(self.spectrum, self.work, cufft.CUFFT_INVERSE)

    def compare(self) -> None:
        whole = numpy.int32(self.data.shape == self.extent)
        self.kernels.launch("compare", self.data, self.work, self.sums.partial, whole, *self.frame, self.count(self.data))

    def update(self) -> None:
        count = self.count(self.x)
        if self.accelerated:
            # The new estimate takes the place of the one before the last.
            self.kernels.launch("update_accelerated", self.y, self.work, self.before, self.change, self.sums.partial, count)
            self.x, self.before = self.before, self.x
        else:
            self.kernels.launch("update", self.x, self.work, self.sums.partial, count)
        self.sums.finish()

    def count(self, array: Any) -> Any:
        return numpy.int64(array.size)

    def estimate(self) -> Any:
        return self.x[tuple(slice(count) for count in self.extent)]

    def report(self) -> list[Iteration]:
        return self.sums.report()


class Sums:
    """What the kernels sum up over their `blocks`, what became of it in every iteration, and the next weight."""

    def __init__(self, kernels: Any, blocks: int, accelerated: bool, iterations: int):
        self.kernels, self.blocks, self.accelerated = kernels, numpy.int32(blocks), numpy.int32(accelerated)
        self.weight = cupy.zeros(1, dtype=cupy.float32)
        self.square = cupy.zeros(1, dtype=cupy.float64)
        self.partial = cupy.zeros((4, blocks), dtype=cupy.float64)
        self.rows = cupy.zeros((max(1, iterations), 3), dtype=cupy.float64)
        self.done = 0

    def finish(self) -> None:
        row = self.rows[self.done]
        self.kernels.finish(self.partial, self.blocks, self.square, self.weight, row, self.accelerated)
        self.done += 1

    def report(self) -> list[Iteration]:
        rows = cupy.asnumpy(self.rows)[: self.done]
        return [Iteration(float(weight), int(clamped), float(total)) for weight, clamped, total in rows]


def framed(volume: Any, frame: tuple[int, ...]) -> Any:
    """The volume on a larger grid, zeros beyond it; always an array of its own."""
    if volume.shape == frame:
        return volume.copy()
    larger = cupy.zeros(frame, dtype=cupy.float32)
    larger[tuple(slice(count) for count in volume.shape)] = volume
    return larger


def plans(frame: tuple[int, int, int], whole: bool) -> tuple[Any, Any]:
    """Real to complex and back, of every plane or of the whole volume. Not in CuPy's cache: they go with the steps."""
    planes, ny, nx = frame
    lengths = frame if whole else (ny, nx)
    halves = (*lengths[:-1], nx // 2 + 1)
    batch = 1 if whole else planes
    real, complex_ = math.prod(lengths), math.prod(halves)
    forward = cufft.PlanNd(lengths, lengths, 1, real, halves, 1, complex_, cufft.CUFFT_R2C, batch, "C", 2, nx // 2 + 1)
    inverse = cufft.PlanNd(lengths, halves, 1, complex_, lengths, 1, real, cufft.CUFFT_C2R, batch, "C", 2, nx)
    return forward, inverse
