"""Use the face settings that a model was trained with, so that it gets the same crops."""

from __future__ import annotations

import dataclasses
import warnings

from moue.face.backends import FaceSettings, resolve_backend, with_trained_backend
from moue.model.spec import ModelSpec


def as_trained(face: FaceSettings, spec: ModelSpec) -> FaceSettings:
    """Return face settings with the crop scale and, if installed, the face backend of a model."""
    chosen = dataclasses.replace(
        with_trained_backend(face, spec.face_backend), crop_scale=spec.crop_scale
    )
    backend = resolve_backend(chosen)
    if spec.face_backend is not None and backend != spec.face_backend:
        hint = "; `moue doctor` lists what is missing" if face.backend == "auto" else ""
        warnings.warn(
            f"the model was trained on crops of the face backend {spec.face_backend}, but the "
            f"backend {backend} is used, so accuracy may be lower{hint}",
            stacklevel=3,
        )
    return chosen
