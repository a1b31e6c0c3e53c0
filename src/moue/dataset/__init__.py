"""From raw files to a data set: one file for each stage, in the order of the pipeline."""
