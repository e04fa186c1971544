"""
Richardson-Lucy with the vector acceleration of Biggs and Andrews (Applied Optics 36:1766, 1997), as plain array code
for NumPy and CuPy. `fused.py` holds the same steps as CUDA kernels; both are driven by `iterate`.
"""

from typing import Any, NamedTuple

import numpy

from .arrays import Arrays, check_float32

# float32's: keeps quotients finite where there is nothing.
EPSILON = numpy.float32(2**-23)


class Iteration(NamedTuple):
    """How far the estimate was carried on, how many ratios were cut to ±10, the sum of the new estimate."""

    weight: float
    clamped: int
    sum: float


def iterate(steps: Any, iterations: int) -> tuple[Any, list[Iteration]]:
    """The estimate on its grid, on the device, and what happened. Nothing waits for the device before the end."""
    for _ in range(iterations):
        steps.predict()
        steps.blur()
        steps.compare()
        steps.blur_back()
        steps.update()
    return steps.estimate(), steps.report()


class ArraySteps:
    """The steps in whole arrays: `data` and the first estimate on the estimate's grid, `transfer` on the transform's."""

    def __init__(self, arrays: Arrays, data: Any, first: Any, transfer: Any, shape: list[int], accelerated: bool):
        self.arrays, self.data, self.transfer, self.shape = arrays, data, transfer, shape
        self.accelerated = accelerated
        self.x = first
        self.before = first
        self.change = None
        self.weight = arrays.xp.zeros((), dtype=arrays.xp.float32)
        self.square = arrays.xp.zeros((), dtype=arrays.xp.float64)
        self.done: list[tuple[Any, Any, Any]] = []

    def predict(self) -> None:
        """y = max(0, x + weight · (x - the estimate before it))"""
        xp = self.arrays.xp
        self.y = xp.maximum(self.x + self.weight * (self.x - self.before), 0) if self.change is not None else self.x
        self.work = self.y

    def blur(self) -> None:
        self.work = self.convolve(self.work, self.transfer)

    def blur_back(self) -> None:
        self.work = self.convolve(self.work, self.transfer.conj())

    def convolve(self, field: Any, transfer: Any) -> Any:
        fft, options = self.arrays.fft, self.arrays.fft_options
        spectrum = fft.rfftn(field, s=self.shape, **options)
        spectrum *= transfer
        # cuFFT destroys the input of this transform; it may.
        overwrite = {"overwrite_x": True} if hasattr(fft, "next_fast_len") else {}
        convolved = fft.irfftn(spectrum, s=self.shape, **overwrite, **options)
        check_float32(convolved)
        return convolved[tuple(slice(count) for count in self.data.shape)]

    def compare(self) -> None:
        """The ratio of data to blurred estimate, cut to ±10; where the estimate's is 0, ε stands in."""
        xp = self.arrays.xp
        ratio = self.data / xp.where(self.work == 0, EPSILON, self.work) + EPSILON
        self.work = xp.clip(ratio, numpy.float32(-10), numpy.float32(10))
        self.clamped = (self.work != ratio).sum()

    def update(self) -> None:
        """The new estimate max(0, y · correction); accelerated, also the weight of the next prediction."""
        xp = self.arrays.xp
        new = xp.maximum(self.y * self.work, numpy.float32(0))
        check_float32(new)
        self.done.append((self.weight, self.clamped, new.sum(dtype=xp.float64)))
        if self.accelerated:
            change = new - self.y
            # After the first iteration there is no pair of changes yet.
            cross = (change * self.change).sum(dtype=xp.float64) if self.change is not None else xp.zeros((), dtype=xp.float64)
            self.weight = xp.clip(cross / (self.square + EPSILON), 0, 1).astype(xp.float32)
            self.square = (change * change).sum(dtype=xp.float64)
            self.change = change
        self.before, self.x = self.x, new

    def estimate(self) -> Any:
        return self.x

    def report(self) -> list[Iteration]:
        return [Iteration(float(weight), int(clamped), float(total)) for weight, clamped, total in self.done]
