"""
The steps of `richardson_lucy.ArraySteps` as CUDA kernels, for CuPy alone: no temporary arrays, nothing allocated and
nothing awaited between the first step and the last. Along x and y the transforms are cuFFT's; along z one kernel of ours
does transform, product and inverse in one pass (`columns.cu`), where the length has no prime factor above 7 and fits.
"""

import math
from pathlib import Path
from typing import Any

import cupy
import numpy
from cupy.cuda import cufft

from .columns import block_of, radices_of, stages
from .richardson_lucy import Iteration

BLOCKS, THREADS = 1024, 256


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
        self.kernel = None if columns == 0 else column_kernel(nz, columns)
        planes = data.shape[0] if self.kernel else nz
        frame = (planes, ny, nx)
        self.planes, self.shape, self.extent = planes, shape, data.shape
        self.data = framed(data, frame)
        self.x = framed(first, frame) if first.shape != frame or first is data else first
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
        self.module = cupy.RawModule(code=source("steps.cu"), options=options(BLOCKS=BLOCKS, THREADS=THREADS))
        self.weight = cupy.zeros(1, dtype=cupy.float32)
        self.square = cupy.zeros(1, dtype=cupy.float64)
        self.partial = cupy.zeros((4, BLOCKS), dtype=cupy.float64)
        self.rows = cupy.zeros((max(1, iterations), 3), dtype=cupy.float64)
        self.done = 0
        self.frame = [numpy.int32(length) for length in (nx, ny, *data.shape[::-1])]

    def launch(self, name: str, *args: Any) -> None:
        self.module.get_function(name)((BLOCKS,), (THREADS,), args)

    def predict(self) -> None:
        if self.accelerated:
            self.launch("predict", self.x, self.before, self.y, self.weight, self.count(self.x))
        self.source = self.y

    def blur(self) -> None:
        self.convolve(self.source, 1)

    def blur_back(self) -> None:
        self.convolve(self.work, -1)

    def convolve(self, field: Any, side: int) -> None:
        """`field` → `work`. Both transforms are out of place; the inverse destroys the spectrum, as it may."""
        self.forward.fft(field, self.spectrum, cufft.CUFFT_FORWARD)
        factor = numpy.float32(side)
        if self.kernel:
            self.kernel.launch(self.spectrum, self.transfer, self.planes, factor)
        else:
            self.launch("multiply", self.spectrum, self.transfer, factor, self.count(self.spectrum))
        self.inverse.fft(self.spectrum, self.work, cufft.CUFFT_INVERSE)

    def compare(self) -> None:
        whole = numpy.int32(self.data.shape == self.extent)
        self.launch("compare", self.data, self.work, self.partial, whole, *self.frame, self.count(self.data))

    def update(self) -> None:
        count = self.count(self.x)
        if self.accelerated:
            # The new estimate takes the place of the one before the last.
            self.launch("update_accelerated", self.y, self.work, self.before, self.change, self.partial, count)
            self.x, self.before = self.before, self.x
        else:
            self.launch("update", self.x, self.work, self.partial, count)
        row = self.rows[self.done]
        self.module.get_function("finish")(
            (1,), (THREADS,), (self.partial, self.square, self.weight, row, numpy.int32(self.accelerated))
        )
        self.done += 1

    def count(self, array: Any) -> Any:
        return numpy.int64(array.size)

    def estimate(self) -> Any:
        return self.x[tuple(slice(count) for count in self.extent)]

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


class ColumnKernel:
    """`columns.cu` compiled for one length."""

    def __init__(self, length: int, columns: int, lanes: int, radices: list[int]):
        self.block = (columns, lanes)
        code = f"{stages(radices)}\n{source('columns.cu')}"
        module = cupy.RawModule(code=code, options=options(N=length, COLUMNS=columns, LANES=lanes))
        self.function = module.get_function("filter_columns")
        self.roots = cupy.asarray(numpy.exp(-2j * numpy.pi * numpy.arange(length) / length).astype(numpy.complex64))

    def launch(self, spectrum: Any, transfer: Any, planes: int, side: Any) -> None:
        columns = transfer.shape[1] * transfer.shape[2]
        grid = (-(-columns // self.block[0]),)
        self.function(
            grid, self.block, (spectrum, transfer, self.roots, numpy.int32(columns), numpy.int32(planes), side)
        )


def column_kernel(length: int, columns: int | None) -> ColumnKernel | None:
    """None where the length has other prime factors, is 1, or does not fit into a block's shared memory."""
    radices = radices_of(length)
    block = block_of(length, radices, columns)
    return ColumnKernel(length, *block, radices) if block else None


def source(name: str) -> str:
    return (Path(__file__).parent / name).read_text()


def options(**values: int) -> tuple[str, ...]:
    return ("--std=c++17", *(f"-D{name}={value}" for name, value in values.items()))
