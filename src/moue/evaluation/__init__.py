"""Where data set meets model once more: judging a model on the split's test set."""
