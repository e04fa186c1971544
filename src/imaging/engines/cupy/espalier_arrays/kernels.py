"""The CUDA kernels of this folder, compiled for the lengths they work on. CuPy keeps what it compiled."""

from pathlib import Path
from typing import Any

import cupy
import numpy

from .lines import column_block, definitions, row_block

# The steps between transforms run in this many blocks on every device, so that sums are made in one order.
BLOCKS, THREADS = 1024, 256


class Compiled:
    """A text of CUDA and the functions in it, each looked up once."""

    def __init__(self, code: str, **values: int):
        options = ("--std=c++17", *(f"-D{name}={value}" for name, value in values.items()))
        self.module = cupy.RawModule(code=code, options=options)
        self.functions: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.functions:
            self.functions[name] = self.module.get_function(name)
        return self.functions[name]


def source(name: str) -> str:
    return (Path(__file__).parent / name).read_text()


class StepKernels:
    """Those of `steps.cu`, which go through volumes from end to end."""

    def __init__(self) -> None:
        self.blocks, self.threads = BLOCKS, THREADS
        self.kernels = Compiled(source("steps.cu"), BLOCKS=BLOCKS, THREADS=THREADS)

    def launch(self, name: str, *args: Any) -> None:
        self.kernels[name]((self.blocks,), (self.threads,), args)

    def finish(self, *args: Any) -> None:
        self.kernels["finish"]((1,), (4 * self.threads,), args)


def roots_of(length: int, count: int) -> Any:
    """exp(-2πi·k/length) for k from 0 to before `count`, made in double."""
    return cupy.asarray(numpy.exp(-2j * numpy.pi * numpy.arange(count) / length).astype(numpy.complex64))


class ColumnKernels:
    """Those of `columns.cu`, for columns of one length."""

    def __init__(self, length: int, width: int, lanes: int):
        self.block = (width, lanes)
        code = definitions(length, "(i) * COLUMNS") + source("lines.cu") + source("columns.cu")
        self.kernels = Compiled(code, COLUMNS=width, LANES=lanes)
        self.roots = roots_of(length, length)

    def filter(self, spectrum: Any, transfer: Any, planes: int, side: int) -> None:
        """The third axis: spectrum <- inverse of (forward of spectrum, times the transfer function or its conjugate)."""
        columns = transfer.shape[1] * transfer.shape[2]
        args = (spectrum, transfer, self.roots, numpy.int32(columns), numpy.int32(planes), numpy.float32(side))
        self.kernels["filter_columns"]((-(-columns // self.block[0]),), self.block, args)

    def transform(self, name: str, spectrum: Any) -> None:
        """The second axis, in place: `name` is forward_columns or inverse_columns."""
        planes, _, columns = spectrum.shape
        grid = (-(-columns // self.block[0]), planes)
        self.kernels[name](grid, self.block, (spectrum, self.roots, numpy.int32(columns)))


class RowKernels:
    """Those of `rows.cu`, for real rows of twice `length` samples, `rows` of them, their spectra `stride` apart."""

    def __init__(self, length: int, lanes: int, together: int, rows: int, stride: int):
        self.block = (lanes, together)
        self.blocks = -(-rows // together)
        code = definitions(length, "(i) + (i) / 8") + source("lines.cu") + source("rows.cu")
        self.kernels = Compiled(code, LANES=lanes, ROWS=together)
        self.tables = (roots_of(length, length), roots_of(2 * length, length + 1))
        self.sizes = (numpy.int32(rows), numpy.int32(stride))

    def launch(self, name: str, *args: Any) -> None:
        self.kernels[name]((self.blocks,), self.block, (*args, *self.tables, *self.sizes))


def columns_kernel(length: int, columns: int | None = None) -> ColumnKernels | None:
    block = column_block(length, columns)
    return ColumnKernels(length, *block) if block else None


def rows_kernel(width: int, rows: int, stride: int, threads: int = 128) -> RowKernels | None:
    """For real rows of `width` samples; None where they are odd, too long or have large prime factors."""
    block = row_block(width // 2, threads) if width % 2 == 0 else None
    return RowKernels(width // 2, *block, rows, stride) if block else None
