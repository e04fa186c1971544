"""The first half of a radially averaged transfer function: in double, since a bead image is small."""

from typing import Any

import numpy

from .arrays import Arrays, to_host


def ring_averages(arrays: Arrays, psf: Any, background: float, centre: list[float]) -> Any:
    """
    The transform of `psf` (z, y, x) less its background, its `centre` moved to the origin by a phase, averaged over rings
    of whole radius on the half plane kx = 0 … nx/2 with all ky. complex128 on the host, row kr, column kz.
    """
    xp = arrays.xp
    nz, ny, nx = psf.shape
    half = nx // 2
    spectrum = xp.fft.fftn(xp.asarray(psf, dtype=xp.float64) - background)[:, :, : half + 1]
    turns = [signed(count) * at / count for count, at in zip(psf.shape, centre, strict=True)]
    angle = turns[0][:, None, None] + turns[1][None, :, None] + turns[2][None, None, : half + 1]
    spectrum = spectrum * xp.exp(xp.asarray(2j * numpy.pi * angle))
    # Half to even, as the definition wants; a sum per ring, so that its order is always the same.
    radius = numpy.sqrt(signed(ny)[:, None] ** 2 + numpy.arange(half + 1)[None, :] ** 2)
    ring = numpy.where(radius < half + 1, numpy.rint(radius), half + 1).astype(int).ravel()
    flat = spectrum.reshape(nz, -1)
    rows = [flat[:, xp.asarray(numpy.flatnonzero(ring == number))].mean(axis=1) for number in range(half + 1)]
    return to_host(arrays, xp.stack(rows))


def signed(count: int) -> Any:
    index = numpy.arange(count, dtype=numpy.float64)
    return numpy.where(index > count / 2, index - count, index)
