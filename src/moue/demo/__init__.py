"""Create the raw folder of `moue demo`: generated pictures in many formats, and junk files."""
