"""Run the `moue` command as `python -m moue`."""

import sys

from moue.cli import main

if __name__ == "__main__":
    sys.exit(main())
