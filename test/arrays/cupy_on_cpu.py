"""
A stand-in for the part of CuPy that `fused.py` uses: arrays are NumPy's, kernels are compiled by g++ and run by
`cuda_on_cpu.h`, cuFFT's plans are SciPy's transforms. It lets the kernels and their host code be tried without a GPU.
"""

import ctypes
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy
import scipy.fft

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("CUDA_ON_CPU_CACHE", tempfile.gettempdir())) / f"cuda-on-cpu-{os.getuid()}"


class RawModule:
    def __init__(self, code, options=()):
        names = re.findall(r'extern "C" __global__ void(?: __launch_bounds__\([^)]*\))?\s+(?!__)(\w+)\(([^)]*)\)', code)
        text = f'#include "{HERE / "cuda_on_cpu.h"}"\n{code}\n'
        for name, parameters in names:
            words = ", ".join(re.findall(r"(\w+)\s*(?:,|$)", parameters))
            text += f'extern "C" void run_{name}(unsigned gx, unsigned gy, unsigned bx, unsigned by, {parameters}) '
            text += f"{{ launch(gx, gy, bx, by, [=] {{ {name}({words}); }}); }}\n"
        flags = [word for word in options if word.startswith("-D")]
        stem = CACHE / hashlib.sha256("\n".join([text, (HERE / "cuda_on_cpu.h").read_text(), *flags]).encode()).hexdigest()
        if not stem.with_suffix(".so").exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            stem.with_suffix(".cpp").write_text(text)
            command = ["g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", "-D__restrict__=__restrict"]
            subprocess.run([*command, *flags, stem.with_suffix(".cpp"), "-o", stem.with_suffix(".part")], check=True)
            stem.with_suffix(".part").rename(stem.with_suffix(".so"))
        self.library = ctypes.CDLL(str(stem.with_suffix(".so")))

    def get_function(self, name):
        function = getattr(self.library, f"run_{name}")

        def call(grid, block, args, **_):
            sizes = [*grid, 1][:2] + [*block, 1][:2]
            function(*[ctypes.c_uint(each) for each in sizes], *[argument(each) for each in args])

        return call


def argument(value):
    if isinstance(value, numpy.ndarray):
        assert value.flags.c_contiguous
        return ctypes.c_void_p(value.ctypes.data)
    return {"int32": ctypes.c_int, "int64": ctypes.c_longlong, "float32": ctypes.c_float}[value.dtype.name](value)


class PlanNd:
    def __init__(self, lengths, inembed, istride, idist, onembed, ostride, odist, kind, batch, order, last_axis, last_size):
        self.lengths, self.kind = tuple(lengths), kind

    def fft(self, source, target, direction):
        axes = tuple(range(3 - len(self.lengths), 3))
        if self.kind == "R2C":
            target[...] = scipy.fft.rfftn(source, axes=axes)
            return
        target[...] = scipy.fft.irfftn(source, s=self.lengths, axes=axes, norm="forward")
        source[...] = numpy.nan


def install():
    """Puts the stand-in where `import cupy` finds it."""
    cupy = types.ModuleType("cupy")
    cupy.__getattr__ = lambda name: getattr(numpy, name)
    cupy.RawModule, cupy.asnumpy = RawModule, numpy.asarray
    # What a real device does not promise to be zero is not.
    cupy.empty = lambda shape, dtype: numpy.full(shape, numpy.nan, dtype=dtype)
    cuda = types.ModuleType("cupy.cuda")
    cufft = types.ModuleType("cupy.cuda.cufft")
    cufft.PlanNd, cufft.CUFFT_R2C, cufft.CUFFT_C2R = PlanNd, "R2C", "C2R"
    cufft.CUFFT_FORWARD, cufft.CUFFT_INVERSE = -1, 1
    cupy.cuda, cuda.cufft = cuda, cufft
    sys.modules.update({"cupy": cupy, "cupy.cuda": cuda, "cupy.cuda.cufft": cufft})
    return cupy
