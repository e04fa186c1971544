"""
The same steps again, with every transform our own: what happens between two transforms along x is done in the pass that
ends the one and begins the other. 26 volumes move per accelerated iteration, where `fused.py` moves 33, and six are kept
where it keeps eight. For frames of even width whose lengths have no prime factors above 7 and fit.
"""

from typing import Any

import cupy
import numpy

from .fused import Sums
from .kernels import StepKernels, columns_kernel, rows_kernel
from .richardson_lucy import Iteration

# Values in a segment of memory: rows of a spectrum begin at whole segments.
SEGMENT = 16


class WholeSteps:
    """`open_whole` makes one where it can."""

    def __init__(self, kernels: tuple[Any, Any, Any], data: Any, first: Any, transfer: Any, accelerated: bool, iterations: int):
        self.rows, self.columns, self.layers = kernels
        planes, ny, nx = data.shape
        self.planes, self.accelerated = planes, accelerated
        self.data = data
        self.x = first.copy() if first is data else first
        stride = stride_of(nx)
        self.transfer = cupy.zeros((*transfer.shape[:2], stride), dtype=cupy.complex64)
        self.transfer[:, :, : nx // 2 + 1] = transfer
        self.transfer *= numpy.float32(1 / (nx * ny * transfer.shape[0]))
        self.spectrum = cupy.zeros((planes, ny, stride), dtype=cupy.complex64)
        if accelerated:
            self.before, self.change = self.x.copy(), cupy.zeros(data.shape, dtype=cupy.float32)
        self.sums = Sums(StepKernels(), self.rows.blocks, accelerated, iterations)

    def predict(self) -> None:
        """Up to the spectrum along x. Plain, the update before has made it already."""
        if self.accelerated:
            self.rows.launch("predict_rows", self.x, self.before, self.sums.weight, self.spectrum)
        elif self.sums.done == 0:
            self.rows.launch("predict_rows", self.x, self.x, self.sums.weight, self.spectrum)

    def blur(self) -> None:
        self.convolve(1)

    def blur_back(self) -> None:
        self.convolve(-1)

    def convolve(self, side: int) -> None:
        """From spectrum along x to spectrum along x."""
        self.columns.transform("forward_columns", self.spectrum)
        self.layers.filter(self.spectrum, self.transfer, self.planes, side)
        self.columns.transform("inverse_columns", self.spectrum)

    def compare(self) -> None:
        self.rows.launch("compare_rows", self.data, self.spectrum, self.sums.partial)

    def update(self) -> None:
        if self.accelerated:
            weight = self.sums.weight
            self.rows.launch("update_rows", self.x, self.before, self.change, weight, self.spectrum, self.sums.partial)
            # The new estimate has taken the place of the one before the last.
            self.x, self.before = self.before, self.x
        else:
            self.rows.launch("update_rows_plainly", self.x, self.spectrum, self.sums.partial)
        self.sums.finish()

    def estimate(self) -> Any:
        return self.x

    def report(self) -> list[Iteration]:
        return self.sums.report()


def stride_of(width: int) -> int:
    return -(-(width // 2 + 1) // SEGMENT) * SEGMENT


def open_whole(
    data: Any, first: Any, transfer: Any, shape: list[int], accelerated: bool, iterations: int
) -> WholeSteps | None:
    """None where the estimate is smaller than the transform in x or y, or a length does not suit."""
    nz, ny, nx = shape
    if data.shape[1:] != (ny, nx):
        return None
    rows = rows_kernel(nx, data.shape[0] * ny, stride_of(nx))
    columns, layers = columns_kernel(ny), columns_kernel(nz)
    if rows is None or columns is None or layers is None:
        return None
    return WholeSteps((rows, columns, layers), data, first, transfer, accelerated, iterations)
