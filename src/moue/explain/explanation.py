"""The explanation of one prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moue.evaluation.corruptions import CropFunction
from moue.explain.gradient import GradientMap
from moue.explain.neighbours import Neighbour
from moue.explain.occlusion import OcclusionMap, occlusion_map
from moue.explain.smallest_change import Change, smallest_changes
from moue.model.classifier import Classifier
from moue.workspace.types import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The explanation of the prediction for one mouth.

    Attributes:
        label: predicted label.
        probabilities: probability of each label, in the order of the model's labels.
        crop: mouth crop, (H, W, 3) uint8 RGB.
        occlusion: occlusion map of the predicted label.
        changes: smallest changes that change the label.
        neighbours: nearest training mouths; None if they were not searched.
        gradient: gradient map; None if it was not computed.
    """

    label: str
    probabilities: dict[str, float]
    crop: Image
    occlusion: OcclusionMap
    changes: tuple[Change, ...]
    neighbours: tuple[Neighbour, ...] | None = None
    gradient: GradientMap | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as a JSON-serialisable dict, without pictures."""
        found, gradient = self.neighbours, self.gradient
        return {
            "label": self.label,
            "probabilities": {k: round(v, 4) for k, v in self.probabilities.items()},
            "occlusion": occlusion_dict(self.occlusion),
            "changes": [change_dict(one) for one in self.changes],
            "neighbours": None if found is None else [neighbour_dict(one) for one in found],
            "gradient": None if gradient is None else gradient_dict(gradient),
        }


def explain(classifier: Classifier, crop_mouth: CropFunction) -> Explanation:
    """Explain the prediction for a mouth by its occlusion map and the smallest changes.

    Args:
        classifier: model.
        crop_mouth: function that crops the mouth, such as that of `evaluation.test_set`.
    """
    crop = crop_mouth()
    label, probabilities = predicted(classifier, crop)
    return Explanation(
        label=label,
        probabilities=probabilities,
        crop=crop,
        occlusion=occlusion_map(classifier, crop, label),
        changes=smallest_changes(classifier, crop_mouth),
    )


def predicted(classifier: Classifier, crop: Image) -> tuple[str, dict[str, float]]:
    """Return the predicted label of a mouth crop and the probability of each label."""
    row = classifier.probabilities([crop])[0].tolist()
    labels = classifier.spec.labels
    return labels[row.index(max(row))], dict(zip(labels, row, strict=True))


def occlusion_dict(found: OcclusionMap) -> dict[str, Any]:
    """Return an occlusion map as a JSON-serialisable dict."""
    return {
        **_map_dict(found),
        "patch": found.patch,
        "stride": round(found.stride, 6),
        "lowest": round(found.lowest, 4),
    }


def change_dict(found: Change) -> dict[str, Any]:
    """Return a smallest change as a JSON-serialisable dict, without its crop."""
    return {
        "kind": found.kind,
        "unit": found.unit,
        "amount": found.amount,
        "label": found.label,
        "probability": None if found.probability is None else round(found.probability, 4),
        "changed": found.changed,
        "low": found.low,
        "high": found.high,
    }


def neighbour_dict(found: Neighbour) -> dict[str, Any]:
    """Return a neighbour as a JSON-serialisable dict."""
    return {"name": found.name, "distance": round(found.distance, 5)}


def gradient_dict(found: GradientMap) -> dict[str, Any]:
    """Return a gradient map as a JSON-serialisable dict."""
    return {
        **_map_dict(found),
        "area": round(found.area, 4),
    }


def _map_dict(found: OcclusionMap | GradientMap) -> dict[str, Any]:
    rows, cols = found.values.shape
    return {
        "label": found.label,
        "rows": rows,
        "cols": cols,
        "values": [[round(v, 4) for v in row] for row in found.values.tolist()],
    }
