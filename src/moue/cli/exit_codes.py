"""Exit codes of the command line."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Success, an error of ours, wrong usage, stopped by Ctrl-C."""
