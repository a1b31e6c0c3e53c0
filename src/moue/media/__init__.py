"""Read and write pictures and video, read cameras, and draw on pictures."""
