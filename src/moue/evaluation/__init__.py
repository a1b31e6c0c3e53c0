"""Evaluation: metrics, slices, corruptions, comparison of models, label errors, the report."""
