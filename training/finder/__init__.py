"""How the finder's weights are made: from faces with known points to two ONNX files."""
