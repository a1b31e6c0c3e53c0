"""Benchmarks: each step of moue compared with the tutorial, on the same inputs and one thread.

`python -m benchmarks` prints the table; see `__main__`.
"""

import os

# Before numpy, OpenCV or torch are imported: their thread pools are sized once.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
