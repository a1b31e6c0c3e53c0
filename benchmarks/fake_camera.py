"""A video file for the fake camera of Chromium: frames of 640 x 480 with bundled faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import simplejpeg

from moue.demo.raw_folder import demo_pictures

WIDTH, HEIGHT = 640, 480


def write_camera_video(path: Path, faces: int = 6, frames: int = 20) -> Path:
    """Write JPEG frames one after another, which Chromium reads as a Motion JPEG file.

    Each face moves a little from frame to frame.

    Args:
        path: file to write; its name must end with `.mjpeg`.
        faces: number of bundled faces.
        frames: number of frames of each face.
    """
    pictures = [picture.path for picture in demo_pictures() if picture.path.name.startswith("face")]
    with path.open("wb") as file:
        for source in pictures[:faces]:
            with PIL.Image.open(source) as image:
                side = HEIGHT - 40
                face = np.asarray(image.convert("RGB").resize((side, side)))
            for number in range(frames):
                frame = np.full((HEIGHT, WIDTH, 3), (143, 160, 176), np.uint8)
                left = (WIDTH - side) // 2 + number
                frame[20 : 20 + side, left : left + side] = face
                # Chromium reads only 4:2:0 and 4:2:2.
                file.write(simplejpeg.encode_jpeg(frame, 88, colorsubsampling="420"))
    return path


def chromium_flags(video: Path) -> list[str]:
    """Return the flags with which Chromium allows the camera and reads its frames from a file."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
