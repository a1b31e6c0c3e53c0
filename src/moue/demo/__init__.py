"""The demo: generated pictures, made as messy as pictures from the web."""
