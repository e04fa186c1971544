"""A whole deconvolution: from an image on the host to the result on the device."""

from typing import Any

import numpy

from .arrays import Arrays
from .prepare import prepare
from .richardson_lucy import ArraySteps, Iteration, iterate
from .transfer import transfer_of_psf, transfer_of_table


def deconvolve(arrays: Arrays, image: Any, blur: dict, grid: dict, how: dict) -> tuple[Any, dict]:
    """
    `image` is a host array (z, y, x). `grid` has `estimate`, `transform` and `origin`, each (z, y, x); `blur` either
    `psf` and `centre`, or `table`, `steps` and `voxel`; `how` iterations, acceleration, background, apodise, start and,
    to compare, kernels (see `steps_for`). The result has the image's shape.
    """
    xp = arrays.xp
    raw = xp.asarray(image)
    data, light = prepare(arrays, raw, grid, how["background"], how["apodise"])
    first = data if how.get("start", "data") == "data" else xp.full_like(data, numpy.median(image))
    del raw
    shape = list(grid["transform"])
    transfer = make_transfer(arrays, blur, shape)
    steps = steps_for(arrays, data, first, transfer, shape, how)
    del data, first, transfer
    estimate, done = iterate(steps, how["iterations"])
    origin = grid["origin"]
    crop = tuple(slice(at, at + count) for at, count in zip(origin, image.shape, strict=True))
    result = xp.ascontiguousarray(estimate[crop])
    return result, report_of(done, light, float(result.sum(dtype=xp.float64)))


def make_transfer(arrays: Arrays, blur: dict, shape: list[int]) -> Any:
    if "psf" in blur:
        return transfer_of_psf(arrays, blur["psf"], blur["centre"], shape)
    return transfer_of_table(arrays, blur["table"], blur["steps"], blur["voxel"], shape)


def steps_for(arrays: Arrays, data: Any, first: Any, transfer: Any, shape: list[int], how: dict) -> Any:
    """`kernels` is whole (all passes our own; else the next), fused (transforms along x and y of cuFFT) or arrays."""
    kernels = how.get("kernels", "whole") if arrays.name == "cupy" else "arrays"
    if kernels == "arrays":
        return ArraySteps(arrays, data, first, transfer, shape, how["acceleration"])
    from .fused import FusedSteps
    from .whole import open_whole

    work = (data, first, transfer, shape, how["acceleration"], how["iterations"])
    return (open_whole(*work) if kernels == "whole" else None) or FusedSteps(*work)


def report_of(done: list[Iteration], before: float, after: float) -> dict:
    return {
        "lightBefore": before,
        "lightAfter": after,
        "clamped": sum(each.clamped for each in done),
        "iterations": [each._asdict() for each in done],
    }
