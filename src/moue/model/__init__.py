"""The mouth classifier: spec, ONNX runtime, calibration, bundled models, runs. Needs no torch."""
