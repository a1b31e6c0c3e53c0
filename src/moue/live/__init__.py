"""From a camera, stream, video or folder of frames to who shows what, and since when."""
