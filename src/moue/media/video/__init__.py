"""Read and write video files, and read streams, with PyAV (the extra `video`)."""

from moue.media.video.containers import is_video
from moue.media.video.video_reader import Frame, frame_count, frames, stream
from moue.media.video.video_writer import write_video

__all__ = ["Frame", "frame_count", "frames", "is_video", "stream", "write_video"]
