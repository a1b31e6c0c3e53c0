"""The page of the bundled model, and the runtime that it needs."""

from __future__ import annotations

import pytest

from export.web_files import required_runtime
from moue.export.web_page import page_files
from moue.predict.predictor import AnyPredictor, Predictor


@pytest.fixture(scope="session")
def predictor() -> AnyPredictor:
    return Predictor.load()


@pytest.fixture(scope="session")
def files(predictor: AnyPredictor) -> dict[str, bytes]:
    """The files of the page of the bundled model."""
    required_runtime()
    return page_files(predictor)
