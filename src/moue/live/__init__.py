"""Live video: sources, tracking, smoothing, events and outputs."""
