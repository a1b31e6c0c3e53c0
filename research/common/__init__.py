"""What several research steps share: landmark indices, video frames, the held-out split."""
