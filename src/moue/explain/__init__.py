"""Explanations of single predictions: what the model looked at, and what would change the label."""
