"""One run on one page: a self-contained HTML file. A leaf, as only its command uses it."""
