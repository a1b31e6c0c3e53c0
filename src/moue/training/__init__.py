"""Training a classifier with torch: data, augmentation, networks, loop, export."""
