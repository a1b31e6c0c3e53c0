"""Export the data set in formats of other programs, and collect data sets in these formats.

- `record.py`: one picture of a data set with its mouths, in the same form for all formats.
- `catalog_records.py`: the records of a workspace.
- `export_dataset.py`: write the records of a workspace to a folder.
- `import_records.py`: add records to a workspace.
- `formats.py`: the formats, each with the class that writes it and the function that reads it.
"""
