"""Examples of the responses, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

MODEL: dict[str, Any] = {
    "name": "free", "version": "1.0", "sha256": "0123456789abcdef" * 4,
    "labels": ["none", "pout", "smile", "open"], "terms": "Apache-2.0", "commercial_use": True,
}  # fmt: skip
PREDICTED: dict[str, Any] = {
    "model": MODEL, "width": 448, "height": 448, "min_face": 24, "note": None,
    "faces": [
        {
            "box": [116.7, 124.2, 364.4, 409.7], "score": 0.9569,
            "lips": [180.8, 320.4, 267.6, 356.6], "mouth_box": [159.1, 273.4, 289.3, 403.6],
            "roll": 0.6, "backend": "moue", "label": "none", "probability": 0.9992,
            "probabilities": {"none": 0.9992, "pout": 0.0003, "smile": 0.0005, "open": 0.0},
            "measures": {
                "opening": 0.1389, "width": 0.3505, "smile_left": 0.0258, "smile_right": 0.0243,
                "pucker": 0.0628,
            },
        }
    ],
}  # fmt: skip
NOT_A_PICTURE: dict[str, Any] = {
    "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
    "detail": "unknown format: the file starts with b'{}'", "reason": "not_an_image",
}  # fmt: skip
BUSY: dict[str, Any] = {
    "type": "about:blank", "title": "Service Unavailable", "status": 503,
    "detail": "the server is busy: the queue of pictures is full; try again later",
    "reason": "busy",
}  # fmt: skip
TOO_LARGE: dict[str, Any] = {
    "type": "about:blank", "title": "Content Too Large", "status": 413,
    "detail": "the upload is larger than 28.6102 MB", "reason": "too_large",
}  # fmt: skip
MODELS: dict[str, Any] = {
    "models": [MODEL],
    "limits": {
        "max_bytes": 30_000_000, "max_pixels": 50_000_000, "max_faces": 100, "timeout": 30.0,
        "body_timeout": 30.0, "max_wait": 2.0, "connections": 500, "live": 8, "batch": 64,
        "memory": 256_000_000,
    },
}  # fmt: skip
BATCH_LINE: dict[str, Any] = {"index": 0, "result": PREDICTED}
