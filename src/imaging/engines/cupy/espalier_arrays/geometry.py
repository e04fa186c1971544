"""Stacks turned upright, and projected. Where each sample comes from is the caller's plan."""

from typing import Any

import numpy

from .arrays import Arrays, check_float32


def shear(arrays: Arrays, stack: Any, origins: list[float], width: int, skew: str, fill: float) -> Any:
    """
    Slides every plane along the skew axis, linearly interpolated: output sample i is raw sample i + origin of its
    plane, `fill` where it has no neighbour on both sides. The shift is constant in a plane, so two slices make it.
    """
    xp = arrays.xp
    along = 2 if skew == "x" else 1
    raw_count = stack.shape[along]
    shape = (stack.shape[0], stack.shape[1], width) if skew == "x" else (stack.shape[0], width, stack.shape[2])
    made = xp.full(shape, fill, dtype=xp.float32)
    for plane, origin in enumerate(origins):
        step = int(numpy.floor(origin))
        first = min(max(0, -step), width)
        last = max(first, min(width, raw_count - 1 - step))
        if first == last:
            continue
        right = numpy.float32(origin - step)
        left = numpy.float32(1 - (origin - step))
        lines = stack[plane] if skew == "x" else stack[plane].T
        out = made[plane] if skew == "x" else made[plane].T
        out[:, first:last] = left * lines[:, first + step : last + step] + right * lines[:, first + step + 1 : last + step + 1]
    check_float32(made)
    return made


def resample(arrays: Arrays, stack: Any, taps: dict, skew: str, fill: float) -> Any:
    """
    Every output sample is the weighted sum of two neighbours in each of two neighbouring planes. `taps` has, for
    every output plane and place along the skew axis, `plane` (-1: nothing there), `lower` and `upper` (int32) and
    `weights` (float32, four last).
    """
    xp = arrays.xp
    lines = stack if skew == "x" else xp.swapaxes(stack, 1, 2)
    planes, along = taps["plane"].shape
    made = xp.empty((planes, lines.shape[1], along), dtype=xp.float32)
    plane, lower, upper, weights = (xp.asarray(taps[name]) for name in ("plane", "lower", "upper", "weights"))
    for z in range(planes):
        there = plane[z] >= 0
        below = xp.where(there, plane[z], 0)
        left, right = xp.where(there, lower[z], 0), xp.where(there, upper[z], 0)
        above = xp.minimum(below + 1, lines.shape[0] - 1)
        w = xp.where(there[:, None], weights[z], numpy.float32(0))
        # Places along the skew axis come first in what is gathered.
        value = w[:, 0, None] * lines[below, :, left] + w[:, 1, None] * lines[below, :, left + 1]
        value += w[:, 2, None] * lines[above, :, right] + w[:, 3, None] * lines[above, :, right + 1]
        made[z] = xp.where(there[:, None], value, numpy.float32(fill)).T
    check_float32(made)
    return made if skew == "x" else xp.ascontiguousarray(xp.swapaxes(made, 1, 2))


def project(arrays: Arrays, stack: Any, axis: str) -> Any:
    """The maximum along one axis; what is not a number stays so."""
    return arrays.xp.max(stack, axis={"z": 0, "y": 1, "x": 2}[axis])
