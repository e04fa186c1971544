"""Transfer functions on the grid of a deconvolution: (z, y, x/2 + 1) complex64, as rfftn gives them."""

from typing import Any

import numpy

from .arrays import Arrays, check_float32


def transfer_of_psf(arrays: Arrays, psf: Any, centre: list[int], shape: list[int]) -> Any:
    """`psf` is a host array whose sample `centre` (z, y, x) goes to the origin; what does not fit is folded onto the grid."""
    xp = arrays.xp
    places = []
    for axis, count in enumerate(shape):
        places.append((numpy.arange(psf.shape[axis]) - centre[axis]) % count)
        if psf.shape[axis] > count:
            psf = fold(psf, axis, places[axis], count)
            places[axis] = numpy.arange(count)
    field = xp.zeros(shape, dtype=xp.float32)
    field[numpy.ix_(*places) if arrays.name == "numpy" else xp.ix_(*map(xp.asarray, places))] = xp.asarray(psf)
    transfer = arrays.fft.rfftn(field, **arrays.fft_options)
    check_float32(transfer)
    return transfer


def fold(psf: Any, axis: int, places: Any, count: int) -> Any:
    """Adds up the samples that fall on the same place of a shorter axis: a circular convolution sees all periods."""
    lines = numpy.moveaxis(psf, axis, 0)
    folded = numpy.zeros((count, *lines.shape[1:]), dtype=numpy.float32)
    for place, line in zip(places, lines, strict=True):
        folded[place] += line
    return numpy.moveaxis(folded, 0, axis)


def transfer_of_table(arrays: Arrays, table: Any, steps: dict, voxel: dict, shape: list[int]) -> Any:
    """
    A radially averaged table, complex128 on the host, row kr and column kz, bilinear between its points; zero past its
    last row and past half its length in kz. `steps` and `voxel` are in cycles per µm and µm.
    """
    xp = arrays.xp
    nz, ny, nx = shape
    rows, columns = table.shape
    kx = numpy.arange(nx // 2 + 1) / (nx * voxel["xy"])
    ky = signed(ny) / (ny * voxel["xy"])
    radius = numpy.sqrt(kx[None, :] * kx[None, :] + ky[:, None] * ky[:, None]) / steps["radialStep"]
    inside = xp.asarray(radius < rows - 1)
    lower = numpy.minimum(numpy.floor(radius).astype(numpy.int32), rows - 2)
    share = xp.asarray((radius - lower).astype(numpy.float32))
    lower = xp.asarray(lower)
    transfer = xp.zeros((nz, ny, nx // 2 + 1), dtype=xp.complex64)
    for layer, kz in enumerate(signed(nz) / (nz * voxel["z"]) / steps["axialStep"]):
        if abs(kz) > columns / 2:
            continue
        at = kz + columns if kz < 0 else kz
        z = int(numpy.floor(at))
        line = (1 - (at - z)) * table[:, z % columns] + (at - z) * table[:, (z + 1) % columns]
        line = xp.asarray(line.astype(numpy.complex64))
        transfer[layer] = xp.where(inside, (1 - share) * line[lower] + share * line[lower + 1], 0)
    check_float32(transfer)
    return transfer


def signed(count: int) -> Any:
    """The frequencies that indices stand for: those past the middle are negative."""
    index = numpy.arange(count)
    return numpy.where(index > count / 2, index - count, index)
