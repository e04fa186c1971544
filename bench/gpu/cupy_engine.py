"""
Measures the array side of the engine `cupy` on an NVIDIA GPU, and checks it there. Prints one JSON object per line, each
as soon as it is known; a step that fails says so and the next one runs. Python with numpy, scipy and cupy; torch is used
where it is there.

    python3 bench/gpu/cupy_engine.py [--seconds 170] [--only WORD,…] [--small]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import traceback
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src/imaging/engines/cupy"))

from espalier_arrays.arrays import open_arrays, release  # noqa: E402
from espalier_arrays.deconvolve import deconvolve, make_transfer  # noqa: E402
from espalier_arrays.geometry import project, resample, shear  # noqa: E402
from espalier_arrays.richardson_lucy import ArraySteps, iterate  # noqa: E402
from espalier_arrays.rings import ring_averages  # noqa: E402

ITERATIONS = 10
# Volumes of 4 bytes per voxel that one accelerated iteration has to move at least.
BOUND_VOLUMES = 26
SIZES = ((100, 256, 512), (200, 512, 1024))


def tell(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


# --- data -------------------------------------------------------------------------------------------------------------


def bead(shape, sigmas):
    """A lopsided blob: its transfer function has an imaginary part."""
    axes = [numpy.arange(count) - count // 2 for count in shape]
    z, y, x = numpy.meshgrid(*axes, indexing="ij")
    shape = numpy.exp(-((z / sigmas[0]) ** 2 + (y / sigmas[1]) ** 2 + (x / sigmas[2]) ** 2) / 2)
    shape *= 1 + 0.3 * numpy.tanh(0.7 * z + 0.4 * y + 0.2 * x)
    return (shape / shape.sum()).astype(numpy.float32)


def blobs(shape, seed=1):
    random = numpy.random.default_rng(seed)
    image = random.random(shape, dtype=numpy.float32) * 40 + 90
    for _ in range(30):
        at = tuple(slice(max(0, start - 2), start + 3) for start in (random.integers(0, count) for count in shape))
        image[at] += numpy.float32(random.integers(100, 2000))
    return image


def setting(image_shape, psf_shape, padding):
    """Grid and blur as the command line plans them."""
    image, psf = list(image_shape), bead(psf_shape, [max(1, count / 6) for count in psf_shape])
    fast = [fast_size(a + b - 1) for a, b in zip(image, psf.shape)]
    grids = {
        "circular": (image, image, [0, 0, 0]),
        "zero": (image, fast, [0, 0, 0]),
        "mirror": (fast, fast, [(a - b) // 2 for a, b in zip(fast, image)]),
    }
    estimate, transform, origin = grids[padding]
    grid = {"estimate": estimate, "transform": transform, "origin": origin}
    return grid, {"psf": psf, "centre": [count // 2 for count in psf.shape]}


def fast_size(count):
    left = count
    for prime in (2, 3, 5, 7):
        while left % prime == 0:
            left //= prime
    return count if left == 1 else fast_size(count + 1)


# --- correctness ------------------------------------------------------------------------------------------------------


def reference(image, blur, grid, how):
    """Richardson-Lucy once more, in double precision and without any code of the engine."""
    shape, estimate = grid["transform"], grid["estimate"]
    field = numpy.zeros(shape)
    psf, centre = blur["psf"].astype(float), blur["centre"]
    places = [(numpy.arange(n) - c) % s for n, c, s in zip(psf.shape, centre, shape)]
    numpy.add.at(field, numpy.ix_(*places), psf)
    otf = numpy.fft.rfftn(field)
    axes = (0, 1, 2)
    crop = tuple(slice(count) for count in estimate)

    def convolve(volume, factor):
        return numpy.fft.irfftn(numpy.fft.rfftn(volume, shape, axes) * factor, shape, axes)[crop]

    data = numpy.maximum(image.astype(float) - how["background"], 0)
    for axis, (first, count) in enumerate(zip(grid["origin"], estimate)):
        period = max(1, 2 * (data.shape[axis] - 1))
        folded = numpy.abs(numpy.arange(count) - first) % period
        data = numpy.take(data, numpy.where(folded < data.shape[axis], folded, period - folded), axis)
    x, before, epsilon, changes = data, data, 2.0**-23, []
    for k in range(how["iterations"]):
        weight = 0.0
        if how["acceleration"] and k >= 2:
            last, second = changes[-1], changes[-2]
            weight = min(1.0, max(0.0, float((last * second).sum() / ((second * second).sum() + epsilon))))
        y = numpy.maximum(0, x + weight * (x - before))
        blurred = convolve(y, otf)
        ratio = numpy.clip(data / numpy.where(blurred == 0, epsilon, blurred) + epsilon, -10, 10)
        before, x = x, numpy.maximum(0, y * convolve(ratio, otf.conj()))
        changes = [*changes[-1:], x - y]
    return x[tuple(slice(at, at + count) for at, count in zip(grid["origin"], image.shape))]


CASES = (
    ((20, 18, 16), (7, 5, 7), "circular"),
    ((21, 35, 15), (6, 5, 4), "circular"),
    ((11, 13, 17), (5, 5, 5), "circular"),
    ((20, 31, 40), (9, 8, 7), "zero"),
    ((33, 25, 28), (8, 9, 9), "zero"),
    ((20, 31, 40), (9, 8, 7), "mirror"),
    ((1, 40, 36), (1, 9, 9), "mirror"),
    ((24, 1, 36), (5, 1, 9), "mirror"),
    ((64, 64, 64), (15, 15, 15), "mirror"),
    ((12, 10, 8), (25, 21, 17), "circular"),
)


def how_of(accelerated, kernels="whole"):
    return {
        "iterations": ITERATIONS,
        "acceleration": accelerated,
        "background": 100.0,
        "apodise": 0,
        "kernels": kernels,
    }


def check_deconvolution(arrays):
    worst = {}
    for shape, psf_shape, padding in CASES:
        image = blobs(shape)
        grid, blur = setting(shape, psf_shape, padding)
        for accelerated in (False, True):
            wanted = reference(image, blur, grid, how_of(accelerated))
            for kernels in ("whole", "fused", "arrays"):
                results = []
                for _ in range(2):
                    made, report = deconvolve(arrays, image, blur, grid, how_of(accelerated, kernels))
                    results.append(host(arrays, made))
                error = float(numpy.abs(results[0] - wanted).max() / wanted.max())
                same = results[0].tobytes() == results[1].tobytes()
                name = f"{'accelerated' if accelerated else 'plain'}, {kernels}"
                worst[name] = max(worst.get(name, 0), error)
                good = same and error <= (1e-4 if accelerated else 1e-5)
                if not good:
                    tell("wrong", shape=shape, padding=padding, how=name, error=error, same_bytes=same, report=report)
    tell("deconvolution", cases=len(CASES), worst=worst)


def host(arrays, samples):
    return arrays.xp.asnumpy(samples) if arrays.name == "cupy" else numpy.asarray(samples)


def rotation_taps(shape, degrees):
    """Weights of a rotation about y, as a plan for `resample` holds them."""
    nz, _, nx = shape
    cos, sin = numpy.cos(numpy.radians(degrees)), numpy.sin(numpy.radians(degrees))
    z, x = numpy.meshgrid(numpy.arange(nz) - nz / 2, numpy.arange(nx) - nx / 2, indexing="ij")
    position, depth = cos * x - sin * z + nx / 2, sin * x + cos * z + nz / 2
    there = (position >= 0) & (position < nx - 1) & (depth >= 0) & (depth < nz - 1)
    sample, plane = numpy.floor(position).astype(int), numpy.floor(depth).astype(int)
    s, p = position - sample, depth - plane
    weights = numpy.stack([(1 - p) * (1 - s), (1 - p) * s, p * (1 - s), p * s], axis=-1)
    return {
        "plane": numpy.where(there, plane, -1).astype(numpy.int32),
        "lower": sample.astype(numpy.int32),
        "upper": sample.astype(numpy.int32),
        "weights": weights.astype(numpy.float32),
    }


def check_geometry(arrays):
    plain = open_arrays("numpy")
    stack = blobs((30, 28, 40))
    origins = [-20.25 + 1.31 * plane for plane in range(30)]
    taps = rotation_taps(stack.shape, 30)
    works = {
        "shear x": lambda a, s: shear(a, s, origins, 80, "x", 7.0),
        "shear y": lambda a, s: shear(a, s, origins, 70, "y", 0.0),
        "resample": lambda a, s: resample(a, s, taps, "x", 3.0),
        **{f"project {axis}": lambda a, s, axis=axis: project(a, s, axis) for axis in "xyz"},
    }
    errors = {}
    for name, work in works.items():
        wanted = work(plain, stack)
        made = host(arrays, work(arrays, arrays.xp.asarray(stack)))
        errors[name] = float(numpy.abs(made - wanted).max() / wanted.max())
    psf = bead((21, 32, 32), (3, 4, 4)) * 1000
    centre = [10.6, 16.2, 15.7]
    wanted = ring_averages(plain, psf, 0.01, centre)
    made = ring_averages(arrays, psf, 0.01, centre)
    errors["rings"] = float(numpy.abs(made - wanted).max() / numpy.abs(wanted).max())
    table = wanted / numpy.abs(wanted).max()
    steps, voxel = {"radialStep": 0.3, "axialStep": 0.4}, {"xy": 0.1, "z": 0.2}
    blur = {"table": table, "steps": steps, "voxel": voxel}
    wanted = make_transfer(plain, blur, [20, 30, 28])
    made = host(arrays, make_transfer(arrays, blur, [20, 30, 28]))
    errors["table"] = float(numpy.abs(made - wanted).max())
    tell("geometry and transfer functions", errors=errors, good=max(errors.values()) <= 1e-5)


# --- speed ------------------------------------------------------------------------------------------------------------


def timed(cupy, work, times=7):
    """Milliseconds on the device: best, median."""
    work()
    spent = []
    for _ in range(times):
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        start.record()
        work()
        end.record()
        end.synchronize()
        spent.append(cupy.cuda.get_elapsed_time(start, end))
    return min(spent), statistics.median(spent)


def copy_speed(cupy):
    """Bytes read and written per second by a copy of a gigabyte on the device."""
    source = cupy.zeros(256 * 2**20, dtype=cupy.float32)
    target = cupy.empty_like(source)
    best, median = timed(cupy, lambda: cupy.copyto(target, source))
    speed = 2 * source.nbytes / best * 1e3
    tell("copy speed", gigabytes_per_second=speed / 1e9, best_ms=best, median_ms=median)
    return speed


def variants(image, transfer, shape, accelerated):
    """Ways to run the same iterations, by name; the first one is what the engine chooses."""
    from espalier_arrays import kernels
    from espalier_arrays.fused import FusedSteps
    from espalier_arrays.whole import WholeSteps, open_whole, stride_of

    work = (image, image, transfer.copy, list(shape), accelerated, 8 * ITERATIONS)
    made = lambda maker, *more: maker(*work[:2], work[2](), *work[3:], *more)  # noqa: E731
    nz, ny, nx = shape

    def whole(width, threads):
        sets = (
            kernels.rows_kernel(nx, nz * ny, stride_of(nx), threads),
            kernels.columns_kernel(ny, width),
            kernels.columns_kernel(nz, width),
        )
        return WholeSteps(sets, *work[:2], work[2](), *work[4:])

    yield "whole", lambda: made(open_whole)
    yield "fused", lambda: made(FusedSteps)
    if accelerated:
        yield "library 3D", lambda: made(FusedSteps, 0)
        yield "whole, 256 threads of rows", lambda: whole(None, 256)
        yield "whole, 64 threads of rows", lambda: whole(None, 64)


def measure_iterations(arrays, speed, sizes, deadline):
    cupy = arrays.xp
    for accelerated in (True, False):
        for shape in sizes:
            image = cupy.asarray(blobs(shape)) - numpy.float32(90)
            _, blur = setting(shape, (31, 31, 31), "circular")
            transfer = make_transfer(arrays, blur, list(shape))
            bound = BOUND_VOLUMES * 4 * image.size * ITERATIONS / speed * 1e3
            for name, open_steps in variants(image, transfer, shape, accelerated):
                if time.monotonic() > deadline:
                    return
                label = {"size": "x".join(map(str, shape[::-1])), "variant": name, "accelerated": accelerated}
                steps = None
                try:
                    steps = open_steps()
                    memory = cupy.get_default_memory_pool().used_bytes()
                    best, median = timed(cupy, lambda: iterate_only(steps))
                    facts = {"best_ms": best, "median_ms": median, "bound_ms": bound, "of_bound": bound / best}
                    parts = {part: timed(cupy, work, 3)[0] for part, work in parts_of(steps).items()}
                    tell("iterations", **label, **facts, parts_ms=parts, gigabytes=memory / 1e9)
                except Exception as error:  # noqa: BLE001
                    tell("iterations", **label, error=f"{type(error).__name__}: {error}"[:800])
                finally:
                    steps = None
                    release(arrays)
            image = transfer = None
            release(arrays)


def iterate_only(steps):
    """As `iterate`, without the report, which waits for the device."""
    steps.sums.done = 0
    for _ in range(ITERATIONS):
        steps.predict()
        steps.blur()
        steps.compare()
        steps.blur_back()
        steps.update()


def parts_of(steps):
    """The pieces of one iteration by themselves. What they compute is no longer anything."""

    def update():
        steps.sums.done = 0
        steps.update()

    sums = steps.sums
    finish = lambda: (setattr(sums, "done", 0), sums.finish())  # noqa: E731
    works = {"predict": steps.predict, "compare": steps.compare, "update": update, "finish": finish}
    if hasattr(steps, "layers"):
        works["y forward"] = lambda: steps.columns.transform("forward_columns", steps.spectrum)
        works["y inverse"] = lambda: steps.columns.transform("inverse_columns", steps.spectrum)
        works["z"] = lambda: steps.layers.filter(steps.spectrum, steps.transfer, steps.planes, 1)
        return works
    works["forward"] = lambda: steps.forward.fft(steps.work, steps.spectrum, -1)
    works["inverse"] = lambda: steps.inverse.fft(steps.spectrum, steps.work, 1)
    if steps.kernel:
        works["z"] = lambda: steps.kernel.filter(steps.spectrum, steps.transfer, steps.planes, 1)
    else:
        count, one = steps.count(steps.spectrum), numpy.float32(1)
        works["multiply"] = lambda: steps.kernels.launch("multiply", steps.spectrum, steps.transfer, one, count)
    return works


def measure_whole(arrays, sizes, deadline):
    """From an array of the host to an array of the host, transfer function and preparation included."""
    for shape in sizes:
        image = blobs(shape)
        grid, blur = setting(shape, (31, 31, 31), "circular")
        spent = []
        for _ in range(4):
            if time.monotonic() > deadline:
                return
            start = time.perf_counter()
            made, report = deconvolve(arrays, image, blur, grid, how_of(True))
            result = host(arrays, made)
            spent.append(time.perf_counter() - start)
            del made
        weights = [round(each["weight"], 4) for each in report["iterations"]]
        tell(
            "whole",
            size="x".join(map(str, shape[::-1])),
            first_s=spent[0],
            best_s=min(spent[1:]),
            finite=bool(numpy.isfinite(result).all()),
            weights=weights,
        )
        release(arrays)


def measure_torch(speed, sizes, deadline):
    """A plain Richardson-Lucy loop as one would write it: four transforms per iteration, no acceleration."""
    import torch

    for shape in sizes:
        if time.monotonic() > deadline:
            return
        image = torch.from_numpy(blobs(shape)).cuda() - 90
        psf = torch.zeros(shape)
        psf[:31, :31, :31] = torch.from_numpy(bead((31, 31, 31), (5, 5, 5)))
        otf = torch.fft.rfftn(psf.roll((-15, -15, -15), (0, 1, 2)).cuda())

        def loop():
            x = image
            for _ in range(ITERATIONS):
                blurred = torch.fft.irfftn(torch.fft.rfftn(x) * otf, s=shape)
                ratio = image / blurred.clamp_min(1e-7)
                x = (x * torch.fft.irfftn(torch.fft.rfftn(ratio) * otf.conj(), s=shape)).clamp_min(0)
            return x

        loop()
        spent = []
        for _ in range(5):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            loop()
            end.record()
            end.synchronize()
            spent.append(start.elapsed_time(end))
        bound = BOUND_VOLUMES * 4 * image.numel() * ITERATIONS / speed * 1e3
        best = min(spent)
        tell(
            "torch loop",
            size="x".join(map(str, shape[::-1])),
            best_ms=best,
            median_ms=statistics.median(spent),
            of_bound=bound / best,
            version=torch.__version__,
        )
        del image, psf, otf
        torch.cuda.empty_cache()


# --- libraries --------------------------------------------------------------------------------------------------------


def loaded_libraries():
    """Libraries of CUDA that are mapped into this process."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/" in line}
    words = ("libcu", "libnv", "cublas", "cufft", "curand", "cusolver", "cusparse", "nvrtc", "nvjitlink")
    return sorted(path for path in paths if any(word in os.path.basename(path).lower() for word in words))


def only_libraries():
    """In a process of its own: one deconvolution and one of everything else, then what was loaded."""
    arrays = open_arrays("cupy")
    grid, blur = setting((20, 24, 28), (5, 5, 5), "mirror")
    deconvolve(arrays, blobs((20, 24, 28)), blur, grid, how_of(True))
    tell("libraries of a deconvolution", loaded=loaded_libraries())
    deconvolve(arrays, blobs((20, 24, 28)), blur, grid, how_of(True, "arrays"))
    check_geometry(arrays)
    tell("libraries of everything", loaded=loaded_libraries())


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=170)
    words.add_argument("--only", default="")
    words.add_argument("--small", action="store_true", help="one small size, to try this script itself")
    words.add_argument("--libraries", action="store_true", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.libraries:
        return only_libraries()
    deadline = time.monotonic() + given.seconds
    sizes = ((20, 40, 48),) if given.small else SIZES
    arrays = open_arrays("cupy")
    tell("device", **arrays.facts)
    speed = copy_speed(arrays.xp)
    steps = {
        "deconvolution": lambda: check_deconvolution(arrays),
        "geometry": lambda: check_geometry(arrays),
        "iterations": lambda: measure_iterations(arrays, speed, sizes, deadline),
        "torch": lambda: measure_torch(speed, sizes, deadline),
        "whole": lambda: measure_whole(arrays, sizes, deadline),
        "libraries": lambda: subprocess.run([sys.executable, __file__, "--libraries"], check=True, timeout=60),
    }
    for name, step in steps.items():
        if given.only and name not in given.only.split(","):
            continue
        if time.monotonic() > deadline:
            tell("left out", name=name)
            continue
        try:
            step()
        except Exception:  # noqa: BLE001
            tell("failed", name=name, error=traceback.format_exc()[-1500:])
    tell("end", seconds=given.seconds - (deadline - time.monotonic()))


if __name__ == "__main__":
    main()
