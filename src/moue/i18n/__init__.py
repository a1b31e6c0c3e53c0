"""Texts in the language of the reader: catalogs, choice of the language, translation."""
