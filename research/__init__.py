"""How the bundled models and pictures are made: `python -m research --help` lists all steps."""
