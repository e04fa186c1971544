"""
Answers requests for array work: python -m espalier_arrays ARRAYS [--device WORD] [--memory BYTES], ARRAYS being cupy or numpy.

Requests come on file descriptor 3 and answers go to 4, one line of JSON each, since libraries may print to the standard
streams. Samples travel in files beside each other, raw and little-endian; a request names them as {"file", "dtype", "shape"}.
The first line answered says what computes. Ends at the end of its input; exit code 3 where there is nothing to compute with.
"""

import argparse
import json
import os
import sys
from typing import Any

from .arrays import NO_DEVICE, Missing, open_arrays


def main() -> int:
    words = argparse.ArgumentParser(prog="espalier_arrays")
    words.add_argument("arrays")
    words.add_argument("--device")
    words.add_argument("--memory", type=int)
    given = words.parse_args()
    requests, answers = os.fdopen(3, "r", encoding="utf-8"), os.fdopen(4, "w", encoding="utf-8")
    try:
        arrays = open_arrays(given.arrays, given.device, given.memory)
    except Missing as problem:
        say(answers, {"missing": str(problem)})
        return NO_DEVICE
    # Only now: everything else needs numpy, which may have been what was missing.
    from .answer import answer

    say(answers, {"facts": arrays.facts})
    for line in requests:
        say(answers, answer(arrays, json.loads(line)))
    return 0


def say(stream: Any, value: dict) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
