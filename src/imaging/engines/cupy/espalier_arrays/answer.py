"""One request for array work, and its answer."""

from typing import Any

import numpy

from .arrays import Arrays, release, to_device, to_host
from .deconvolve import deconvolve
from .geometry import project, resample, shear
from .rings import ring_averages


def answer(arrays: Arrays, request: dict) -> dict:
    """What went wrong is an answer too: the next request may go well."""
    try:
        result, more = run(arrays, request)
        write(request["result"], result)
        return {"shape": list(result.shape), **more}
    except ValueError as error:
        return {"refused": str(error)}
    except Exception as error:
        if "OutOfMemory" in type(error).__name__ or isinstance(error, MemoryError) or "CUFFT_ALLOC_FAILED" in str(error):
            return {"memory": describe_memory(arrays, error)}
        lost = arrays.name == "cupy" and type(error).__name__ in ("CUDARuntimeError", "CUDADriverError")
        return {"failed": f"{type(error).__name__}: {error}", "lost": lost}
    finally:
        release_when_changed(arrays, request)


def run(arrays: Arrays, request: dict) -> tuple[Any, dict]:
    """The result as a host array, and what there is to say about it."""
    work, how = request["work"], request["how"]
    inputs = {name: read(source) for name, source in request["inputs"].items()}
    if work == "deconvolve":
        result, report = deconvolve(arrays, inputs["image"], blur_of(inputs, how["blur"]), how["grid"], how)
        return to_host(arrays, result), {"report": report}
    if work == "rings":
        return ring_averages(arrays, inputs["psf"], how["background"], how["centre"]), {}
    stack = to_device(arrays, inputs["stack"])
    if work == "shear":
        made = shear(arrays, stack, how["origins"], how["width"], how["skew"], how["fill"])
    elif work == "resample":
        made = resample(arrays, stack, inputs, how["skew"], how["fill"])
    elif work == "project":
        made = project(arrays, stack, how["axis"])
    else:
        raise ValueError(f"there is no work `{work}`")
    return to_host(arrays, made), {}


def blur_of(inputs: dict, blur: dict) -> dict:
    if "psf" in inputs:
        return {"psf": inputs["psf"], "centre": blur["centre"]}
    return {"table": inputs["re"] + 1j * inputs["im"], **blur}


def read(source: dict) -> Any:
    return numpy.fromfile(source["file"], dtype=numpy.dtype(source["dtype"]).newbyteorder("<")).reshape(source["shape"])


def write(file: str, result: Any) -> None:
    numpy.ascontiguousarray(result).tofile(file)


def describe_memory(arrays: Arrays, error: Exception) -> str:
    if arrays.name == "numpy":
        return str(error)
    pool = arrays.xp.get_default_memory_pool()
    free, total = arrays.xp.cuda.runtime.memGetInfo()
    gigabytes = [f"{value / 1e9:.1f} GB" for value in (total, free, pool.used_bytes(), pool.get_limit() or total)]
    return "{0}: of {1} on the device {2} are free; this program holds {3} and may hold {4}".format(error, *gigabytes)


last_sizes: list[Any] = []


def release_when_changed(arrays: Arrays, request: dict) -> None:
    """Memory is kept for the next volume of the same size, and given back when another comes."""
    sizes = [source["shape"] for source in request.get("inputs", {}).values()]
    if sizes != last_sizes:
        release(arrays)
        last_sizes[:] = sizes
