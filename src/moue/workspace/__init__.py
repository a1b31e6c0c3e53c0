"""The workspace of a project: folder, catalog, data types, provenance and stages."""
