"""The same deskew with scipy.ndimage: best of several runs, and the result for comparison."""
import json
import resource
import sys
import time

import numpy as np
import scipy
from scipy.ndimage import affine_transform

source, target, plan = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
raw = np.fromfile(source, np.float32).reshape(plan["input"])
out = np.zeros(plan["output"], np.float32)
# Rows (z, y, x): x_in = x_out - f z + offset, centred on half of either width.
f = plan["shift"]
matrix = np.array([[1, 0, 0], [0, 1, 0], [-f, 0, 1]], float)
nz, _, nx = plan["input"]
offset = [0, 0, nx / 2 - plan["output"][2] / 2 + f * nz / 2]

best = float("inf")
for _ in range(plan["runs"]):
    start = time.perf_counter()
    affine_transform(raw, matrix, offset, output=out, order=1, mode="constant", cval=plan["fill"])
    best = min(best, time.perf_counter() - start)
out.tofile(target)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": best, "megabytes": peak, "version": scipy.__version__}))
