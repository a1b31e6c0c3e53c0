"""Scripts of converters; each runs in an environment of its own and imports nothing of moue."""
