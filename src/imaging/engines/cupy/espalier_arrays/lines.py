"""
How the kernels of `lines.cu` are compiled for one length: their stages, and the threads of a block. Text and numbers only,
so that it can be tried without a GPU.
"""

# Shared memory of a block that every CUDA device has, bytes.
SHARED = 48 * 1024


def column_block(length: int, columns: int | None = None) -> tuple[int, int] | None:
    """
    Columns side by side and threads per column; None where `length` is 1, has prime factors above 7, or does not fit into a
    block's shared memory. Sixteen columns are whole segments of 128 bytes. `columns` asks for another width.
    """
    radices = radices_of(length)
    if not radices:
        return None
    for width in (16, 8, 4) if columns is None else (columns,):
        lanes = min(length // min(radices), 1024 // width)
        narrow = width == 4 or columns is not None
        if length * width * 8 <= SHARED and (narrow or width * lanes <= 512):
            return width, lanes
    return None


def row_block(length: int, threads: int = 128) -> tuple[int, int] | None:
    """Threads per row and rows per block of about `threads`, for rows of `length` complex samples; None as above."""
    radices = radices_of(length)
    if not radices:
        return None
    lanes = min(length // min(radices), threads)
    rows = max(1, threads // lanes)
    return (lanes, rows) if rows * padded(length) * 8 + 8 * lanes * rows <= SHARED else None


def padded(length: int) -> int:
    return length + length // 8 + 1


def radices_of(length: int) -> list[int]:
    """The fewest stages, and among those the ones with the largest least radix, largest first; empty where there are none."""
    best: list[int] = []

    def search(left: int, largest: int, taken: list[int]) -> None:
        nonlocal best
        if left == 1:
            if not best or (len(taken), -min(taken)) < (len(best), -min(best)):
                best = taken
            return
        for radix in (8, 7, 5, 4, 3, 2):
            if radix <= largest and left % radix == 0:
                search(left // radix, radix, [*taken, radix])

    if length > 1:
        search(length, 8, [])
    return best


def definitions(length: int, place: str) -> str:
    """What `lines.cu` wants to know: radices, stages, and where sample i of a line lies (`place`)."""
    radices = radices_of(length)
    return "\n".join(
        [
            f"#define N {length}",
            f"#define AT(i) ({place})",
            f"#define FIRST {radices[0]}",
            f"#define LAST {radices[-1]}",
            "#define FORWARD " + sequence(radices, -1, "v", "w"),
            "#define INVERSE " + sequence(radices[::-1], 1, "w", "v"),
            "",
        ]
    )


def sequence(radices: list[int], sign: int, first: str, last: str) -> str:
    words = []
    span = 1
    for index, radix in enumerate(radices):
        ends = index == len(radices) - 1
        name = first if index == 0 else last if ends else f"s{index}"
        if index > 0:
            if not ends:
                words.append(f"float2 {name}[Count<{radix}>::mine][{radix}];")
            words.append(f"load<{radix}>({name}, line, lane);")
        words.append(f"butterflies<{radix}, {span}, {sign}>({name}, lane, roots);")
        if not ends:
            words.append(f"store<{radix}, {span}>({name}, line, lane);")
        span *= radix
    if len(radices) == 1:
        words.append(f"for (int c = 0; c < Count<FIRST>::mine; c++) for (int k = 0; k < FIRST; k++) {last}[c][k] = {first}[c][k];")
    return "{ " + " ".join(words) + " }"
