"""The workspace: its folder, catalog, types, provenance and stages."""
