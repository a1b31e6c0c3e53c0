"""Each step of moue beside the tutorial's own way, on the same inputs, in one run, on one thread.

`python -m benchmarks` prints the table; see `__main__`.
"""

import os

# Before numpy, OpenCV or torch are imported: their thread pools are sized once.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
