"""Print a fault of the tutorial: `python -m moue.learn.faults NAME [zh]`."""

from __future__ import annotations

import sys

from moue.learn.faults import FAULTS, show_fault

if __name__ == "__main__":
    names = [argument for argument in sys.argv[1:] if argument not in ("en", "zh")] or list(FAULTS)
    for name in names:
        print("\n".join(show_fault(name).lines("zh" if "zh" in sys.argv else "en")), end="\n\n")
