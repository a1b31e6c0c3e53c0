"""The settings of the workspace, its labels, and the histograms behind the thresholds."""

from __future__ import annotations

from moue.http_api.endpoint import Empty, Endpoint
from moue.studio import settings_form
from moue.studio.endpoint import Call
from moue.studio.schema_settings import (
    Histogram,
    Labels,
    LabelsChange,
    SettingChange,
    SettingSection,
    SettingSections,
    ThresholdEffect,
    ThresholdQuery,
)


def settings(call: Call[Empty, None]) -> SettingSections:
    """Return all settings."""
    return SettingSections(settings_form.sections(call.studio.workspace))


def change(call: Call[Empty, SettingChange]) -> SettingSection:
    """Change a setting."""
    body = call.body
    return settings_form.change(call.studio.workspace, body.section, body.name, body.value)


def change_labels(call: Call[Empty, LabelsChange]) -> Labels:
    """Change the labels of the workspace."""
    return Labels(settings_form.change_labels(call.studio.workspace, call.body.labels))


def histogram(call: Call[Empty, None]) -> Histogram:
    """Return the distribution of a measurement."""
    return call.studio.histograms.histogram(call.path["measure"])


def preview(call: Call[ThresholdQuery, None]) -> ThresholdEffect:
    """Return what a threshold would drop and bring back."""
    return call.studio.histograms.preview(call.path["measure"], call.query.threshold)


ROUTES = (
    Endpoint(
        method="GET", path="/settings", handler=settings, response=SettingSections,
        errors=(409, 422), summary="All settings of moue.toml.",
    ),
    Endpoint(
        method="PUT", path="/settings", handler=change, body=SettingChange,
        response=SettingSection, errors=(404, 409, 422),
        summary="Change a setting in moue.toml; the other lines and comments stay.",
    ),
    Endpoint(
        method="PUT", path="/labels", handler=change_labels, body=LabelsChange, response=Labels,
        errors=(409, 422), summary="Change the labels of the workspace.",
    ),
    Endpoint(
        method="GET", path="/histograms/{measure}", handler=histogram, response=Histogram,
        errors=(404, 409, 422), summary="The distribution of a measurement.",
    ),
    Endpoint(
        method="GET", path="/histograms/{measure}/dropped", handler=preview,
        query=ThresholdQuery, response=ThresholdEffect, errors=(404, 409, 422),
        summary="What another threshold would drop and bring back.",
    ),
)  # fmt: skip
