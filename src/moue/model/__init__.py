"""The mouth classifier: model spec, ONNX inference, calibration, bundled models and runs."""
