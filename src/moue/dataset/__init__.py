"""Pipeline stages that turn collected files into a split data set, one module for each stage."""
