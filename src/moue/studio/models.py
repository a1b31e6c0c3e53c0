"""The models of the studio: named by run or bundled model, loaded once, and kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from moue.config import Config
from moue.dataset.convert import ConvertSettings
from moue.errors import ModelError
from moue.face.backends import FaceSettings, resolve_backend
from moue.http_api.errors import ApiError, _
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.licence import Licence
from moue.model.runs import MODEL, choose, finished
from moue.predict.predictor import Predictor
from moue.workspace.kept_settings import kept
from moue.workspace.workspace import Workspace

MAX_LOADED = 4
"""Maximum number of models in memory; the model that was used longest ago is released first."""


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A loaded model.

    Attributes:
        name: name of the run or of the bundled model.
        key: identifier of the content of the model and of the settings of face detection.
        run: run folder; None for a bundled model.
        predictor: predictor with the settings of the workspace.
    """

    name: str
    key: str
    run: Path | None
    predictor: Predictor[str]

    @property
    def classifier(self) -> Classifier:
        """The mouth classifier."""
        return self.predictor.classifier


class Models:
    """Loads the models of a workspace. All methods may be called from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._loaded: OrderedDict[str, NamedModel] = OrderedDict()
        self._lock = threading.Lock()
        self._detecting = threading.Lock()

    def load(self, name: str | None = None) -> NamedModel:
        """Return a model by name; None selects the default of all commands.

        Only names are accepted, never paths, since the name comes from a client.

        Raises:
            ApiError: there is no finished run and no bundled model of this name.
            ModelError: the model is damaged.
        """
        config = config_of(self._workspace)
        face, limit = config.get(FaceSettings), config.get(ConvertSettings).max_bytes
        name, run = self._find(name or None, face.licence)
        key = f"{name} {_stamp(run)} {face} {limit}"
        with self._lock:
            if key not in self._loaded:
                predictor = Predictor.load(run or name, face, max_bytes=limit)
                self._loaded[key] = NamedModel(name, key, run, predictor)
            self._loaded.move_to_end(key)
            while len(self._loaded) > MAX_LOADED:
                self._loaded.popitem(last=False)
            return self._loaded[key]

    def guard(self, model: NamedModel) -> AbstractContextManager[object]:
        """Return the context in which a model may detect faces while other threads do so too.

        The detectors of OpenCV and dlib keep state between calls, so only one thread may use them.
        """
        safe = resolve_backend(model.predictor.face) == "moue"
        return nullcontext() if safe else self._detecting

    def run_folder(self, name: str) -> Path:
        """Return the folder of a finished run.

        Raises:
            ApiError: there is no usable finished run of this name.
        """
        found, run = self._find(name)
        if run is None:
            raise ApiError(404, "not_found", _("there is no finished run {name}"), name=found)
        return run

    def _find(self, name: str | None, licence: Licence = "any") -> tuple[str, Path | None]:
        """Return the name of a model and its run folder; the folder of a bundled model is None.

        Args:
            name: name of a run or bundled model; None selects the default.
        """
        if name is None:
            choice = choose(self._workspace)
            if choice is not None:
                return choice.run.name, choice.run.folder
            if not bundled.model_names():
                raise ModelError("there is no trained run and no bundled model; train a model")
            return bundled.DEFAULTS[licence], None
        for run in finished(self._workspace):
            if run.name == name:
                if run.fault:
                    text = _("the run {name} cannot be used: {fault}")
                    raise ApiError(409, "damaged", text, name=name, fault=run.fault)
                return name, run.folder
        if name in bundled.model_names():
            return name, None
        raise ApiError(404, "not_found", _("there is no finished run {name}"), name=name)


def config_of(workspace: Workspace) -> Config:
    """Return the settings of a workspace: `moue.toml`, overridden by the kept settings."""
    config = Config.load(workspace.settings)
    if not workspace.exists:
        return config
    with workspace.reading() as catalog:
        return config.with_kept(kept(catalog))


def _stamp(run: Path | None) -> str:
    if run is None:
        return "bundled"
    try:
        status = (run / MODEL).stat()
    except OSError:
        return "missing"
    return f"{status.st_mtime_ns}:{status.st_size}"
