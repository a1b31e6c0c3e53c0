"""The studio: a page on this machine to see, sort, label, train and try, with a JSON API.

The package is a leaf: only `cli/cmd_studio.py` imports it. It calls the same functions as the
commands. It needs the extra `studio`.
"""
