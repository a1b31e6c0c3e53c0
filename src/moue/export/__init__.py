"""Export: models for other programs, as a web page and in the formats of other runtimes."""
