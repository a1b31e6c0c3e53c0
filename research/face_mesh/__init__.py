"""Conversion of MediaPipe's face landmarker to the ONNX files of the backend `mediapipe`."""
