"""Which library holds the arrays. It is named by the caller, and nothing stands in for it."""

import importlib
import os
from types import ModuleType
from typing import Any, NamedTuple

# Exit code of a program that was asked for a GPU where none can be had.
NO_DEVICE = 3


class Missing(Exception):
    """What was asked for is not there; the text names what."""


class Arrays(NamedTuple):
    """`xp` is numpy or cupy, `fft` has rfftn and irfftn that keep float32, `facts` says what computes."""

    name: str
    xp: ModuleType
    fft: ModuleType
    fft_options: dict[str, Any]
    facts: dict[str, Any]


def open_arrays(name: str, device: str | None = None, memory: int | None = None) -> Arrays:
    """
    `name` is cupy or numpy; `device` a part of a GPU's name, `memory` the bytes that may be used on it. Raises Missing with
    the words for a person.
    """
    if name == "numpy":
        return open_numpy()
    if name == "cupy":
        return open_cupy(device, memory)
    raise Missing(f"there are no arrays `{name}`: choose cupy (a GPU) or numpy (a CPU)")


def open_numpy() -> Arrays:
    try:
        numpy = importlib.import_module("numpy")
    except ImportError as error:
        raise Missing(f"Python's package numpy is not there ({error})") from error
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    facts = {"arrays": "numpy", "numpy": numpy.__version__, "device": f"CPU, {workers} threads"}
    try:
        fft = importlib.import_module("scipy.fft")
    except ImportError:
        # numpy.fft keeps float32 since 2.0, on one thread.
        if int(numpy.__version__.split(".")[0]) < 2:
            raise Missing(f"numpy {numpy.__version__} is too old: 2.0, or scipy beside it, is wanted") from None
        return Arrays("numpy", numpy, numpy.fft, {}, facts)
    return Arrays("numpy", numpy, fft, {"workers": workers}, facts)


def open_cupy(device: str | None, memory: int | None) -> Arrays:
    try:
        importlib.import_module("numpy")
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        raise Missing(f"Python's packages numpy and cupy are not both there ({error}): use the container cupy.sif, or install cupy-cuda12x") from error
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        raise Missing(f"cupy {cupy.__version__} finds no usable NVIDIA driver or GPU ({error}){_hint()}") from error
    if count == 0:
        raise Missing(f"the NVIDIA driver shows no GPU to this process{_hint()}")
    names = [runtime.getDeviceProperties(each)["name"].decode() for each in range(count)]
    chosen = next((at for at, found in enumerate(names) if device is None or device.lower() in found.lower()), None)
    if chosen is None:
        raise Missing(f"no GPU here is called `{device}`; there are {', '.join(names)}")
    cupy.cuda.Device(chosen).use()
    # Blocks that are freed stay in the pool; it may not take what others on a shared node use.
    if memory is not None:
        cupy.get_default_memory_pool().set_limit(size=memory)
    elif "CUPY_GPU_MEMORY_LIMIT" not in os.environ:
        cupy.get_default_memory_pool().set_limit(fraction=0.9)
    try:
        # As an attribute: that is where CuPy looks for the libraries of NVIDIA's own packages.
        _ = cupy.cuda.cufft
        importlib.import_module("cupy_backends.cuda.libs.nvrtc").getVersion()
        fft = importlib.import_module("cupyx.scipy.fft")
    except (ImportError, AttributeError, RuntimeError) as error:
        raise Missing(f"a library of CUDA that cupy needs is not there ({error}): cuFFT and NVRTC are") from error
    cupy.fft.config.get_plan_cache().set_size(4)
    properties = runtime.getDeviceProperties(chosen)
    facts = {
        "arrays": "cupy",
        "cupy": cupy.__version__,
        "device": properties["name"].decode(),
        "memory": properties["totalGlobalMem"],
        "driver": _version(runtime.driverGetVersion()),
        "cuda": _version(runtime.runtimeGetVersion()),
    }
    return Arrays("cupy", cupy, fft, {}, facts)


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _hint() -> str:
    """What a process without a GPU often lacks."""
    if not os.path.exists("/dev/nvidiactl"):
        return "; there is no /dev/nvidiactl: the node has no NVIDIA driver, or the container was started without --nv"
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1", "NoDevFiles"):
        return "; CUDA_VISIBLE_DEVICES hides all: ask the batch system for a GPU"
    return ""


def release(arrays: Arrays) -> None:
    """Gives freed memory and plans back to the device, between volumes of different sizes."""
    if arrays.name == "cupy":
        arrays.xp.fft.config.get_plan_cache().clear()
        arrays.xp.get_default_memory_pool().free_all_blocks()
        arrays.xp.get_default_pinned_memory_pool().free_all_blocks()


def to_device(arrays: Arrays, samples: Any) -> Any:
    return arrays.xp.asarray(samples)


def to_host(arrays: Arrays, samples: Any) -> Any:
    return arrays.xp.asnumpy(samples) if arrays.name == "cupy" else samples


def check_float32(samples: Any) -> None:
    """A double that slips in would halve the speed and double the memory, unseen."""
    if samples.dtype.name not in ("float32", "complex64"):
        raise AssertionError(f"an array became {samples.dtype.name}")
