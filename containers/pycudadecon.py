"""One stack deconvolved by pycudadecon, with the words that espalier's tool `deconvolve` gives.

NOT RUN by the people who wrote it: see pycudadecon.def. What pycudadecon does differently from the built-in program: it always
accelerates, it pads by wrapping around, and it takes the camera offset away from the PSF by itself.
"""

import argparse
import sys

import numpy
import tifffile
from pycudadecon import RLContext, TemporaryOTF, rl_decon


def voxel(tif, dz, dr):
    """Plane distance and pixel size in um: as given, or from an ImageJ header."""
    page, ij = tif.pages[0], tif.imagej_metadata or {}
    dz = dz if dz is not None else ij.get("spacing")
    if dr is None and "XResolution" in page.tags:
        count, length = page.tags["XResolution"].value
        dr = length / count if count else None
    if not dz or not dr:
        sys.exit(f"{tif.filename}: it does not say its voxel size, and none was given")
    return float(dz), float(dr)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("image")
    words.add_argument("output")
    words.add_argument("--psf", required=True)
    words.add_argument("--iterations", type=int, required=True)
    words.add_argument("--background", type=float, required=True)
    words.add_argument("--apodise", type=int, default=0)
    words.add_argument("--psf-dz", type=float)
    words.add_argument("--psf-dr", type=float)
    given = words.parse_args()
    with tifffile.TiffFile(given.image) as tif:
        stack, (dz, dr) = tif.asarray(), voxel(tif, None, None)
    with tifffile.TiffFile(given.psf) as tif:
        psf, (psf_dz, psf_dr) = tif.asarray(), voxel(tif, given.psf_dz, given.psf_dr)
    if stack.ndim != 3:
        sys.exit(f"{given.image}: it has {stack.ndim} axes, and a stack has 3 (z, y, x)")
    with TemporaryOTF(psf, dzpsf=psf_dz, dxpsf=psf_dr) as otf:
        with RLContext(stack.shape, otf.path, dzdata=dz, dxdata=dr, dzpsf=psf_dz, dxpsf=psf_dr) as context:
            made = rl_decon(
                stack,
                background=given.background,
                n_iters=given.iterations,
                napodize=given.apodise,
                output_shape=context.out_shape,
            )
    # The library gives no error when the GPU fails: a result that cannot be one is refused here.
    if made.shape != stack.shape or not numpy.isfinite(made).all() or not made.any():
        sys.exit(f"{given.image}: pycudadecon gave no image (shape {made.shape}); is the GPU out of memory?")
    tifffile.imwrite(
        given.output,
        made.astype(numpy.float32),
        imagej=True,
        resolution=(1 / dr, 1 / dr),
        metadata={"spacing": dz, "unit": "um", "axes": "ZYX"},
    )


if __name__ == "__main__":
    main()
