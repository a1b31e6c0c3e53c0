"""Exit codes of the command line."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes for success, an error, wrong usage, and Ctrl-C."""
