"""An image made ready for Richardson-Lucy: borders made to meet, background off, mirrored beyond its faces."""

import math
from typing import Any

import numpy

from .arrays import Arrays, check_float32


def prepare(arrays: Arrays, image: Any, grid: dict, background: float, apodised: int) -> tuple[Any, float]:
    """The data on the estimate's grid, none below 0, and their sum over the image alone, summed in double."""
    xp = arrays.xp
    light = apodise(arrays, image, apodised) if apodised > 0 else image
    light = xp.maximum(light - numpy.float32(background), numpy.float32(0))
    refuse_unless_finite(arrays, image)
    total = float(light.sum(dtype=xp.float64))
    origin, estimate = grid["origin"], grid["estimate"]
    for axis, (first, count) in enumerate(zip(origin, estimate, strict=True)):
        if count != light.shape[axis]:
            light = xp.take(light, xp.asarray(sources(count, light.shape[axis], first)), axis=axis)
    check_float32(light)
    return xp.ascontiguousarray(light), total


def refuse_unless_finite(arrays: Arrays, image: Any) -> None:
    """One sample that is no number would spread over the whole result."""
    finite = arrays.xp.isfinite(image).all(axis=(1, 2))
    if not bool(finite.all()):
        plane = int(arrays.xp.argmin(finite))
        raise ValueError(f"plane `{plane}` of the image holds values that are not finite numbers")


def apodise(arrays: Arrays, image: Any, pixels: int) -> Any:
    """First along y, then along x: half the jump between opposite borders goes to each, fading inwards as 1 - sin."""
    made = image.copy()
    weights = [1 - math.sin((step + 0.5) / pixels * math.pi / 2) for step in range(pixels)]
    for axis in (1, 2):
        lines = arrays.xp.moveaxis(made, axis, 0)
        half = (lines[-1] - lines[0]) / numpy.float32(2)
        for step, weight in enumerate(weights):
            lines[step] += half * numpy.float32(weight)
            lines[lines.shape[0] - 1 - step] -= half * numpy.float32(weight)
    return made


def sources(count: int, image_count: int, origin: int) -> Any:
    """Which sample of the image each of the grid's shows: reflected at the first and the last, which are not repeated."""
    period = max(1, 2 * (image_count - 1))
    folded = numpy.abs(numpy.arange(count) - origin) % period
    return numpy.where(folded < image_count, folded, period - folded)
