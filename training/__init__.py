"""How the weights that ship were made: `python -m training DATA`. See README.md here."""
