"""Scripts of converters, which run in environments of their own and import nothing of moue.

`run.py` is started with the name of one of the other modules. Each has a function `convert`, which
writes the files of a network and returns the function that runs it. If the runtime does not exist
on this computer, it also returns the reason.
"""
