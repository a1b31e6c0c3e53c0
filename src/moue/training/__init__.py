"""Training of classifiers with torch: data, augmentation, networks, training loop, ONNX export."""
