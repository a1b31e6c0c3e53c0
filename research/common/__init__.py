"""Helpers of several research steps: landmark indices, video frames, the held-out split."""
