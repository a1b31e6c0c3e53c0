"""A model is trained, tested and used on crops in an object store, and the studio shows them."""

from __future__ import annotations

import json

import pytest

from commands import call
from moue.media.image import Picture
from moue.workspace.workspace import Workspace
from moue.workspace.workspace_settings import WorkspaceSettings


@pytest.fixture
def work(learnable, s3, bucket, tmp_path):
    """A workspace with labelled crops in the object store."""
    work, url = tmp_path / "w", f"s3://{bucket}/project"
    assert call("init", "-w", work, "--store", url) == 0
    assert call("collect", learnable, "--kind", "mouth", "--copy", "-w", work) == 0
    for stage in ("convert", "clean", "dedupe", "crop", "label", "split"):
        assert call(stage, "-w", work) == 0
    return Workspace(work).with_settings(WorkspaceSettings(store=url))


@pytest.mark.slow
def test_a_model_is_trained_on_objects(work, s3, capsys):
    pytest.importorskip("torch")
    assert call("train", "--epochs", "1", "-w", work.root) == 0
    assert call("evaluate", "-w", work.root) == 0
    assert call("label", "--to-folders", "-w", work.root) == 0
    assert len(list((work.root / "sorting").rglob("*.png"))) > 10
    assert call("label", "--check", "-w", work.root) == 0
    with work.reading() as catalog:
        name = next(catalog.mouths()).name
    capsys.readouterr()
    assert call("explain", name, "-w", work.root, "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == name
    assert not [path for _, path in s3.requests if "list-type" in path]


def test_the_studio_shows_objects(work, s3):
    pytest.importorskip("starlette")
    from starlette.testclient import TestClient

    from moue.studio.access import Access
    from moue.studio.app import create_app
    from moue.studio.studio import Studio

    studio = Studio(work, Access(8765))
    with work.reading() as catalog:
        name = next(catalog.mouths()).name
    with TestClient(create_app(studio), "http://127.0.0.1:8765") as client:
        client.headers["authorization"] = f"Bearer {studio.access.key}"
        for path in (
            f"mouths/{name}/image", f"pictures/{name}/image", f"pictures/{name}/original",
            f"thumbnails/mouths/{name}.webp", f"thumbnails/pictures/{name}.webp",
        ):  # fmt: skip
            found = client.get(f"/api/v1/{path}")
            assert found.status_code == 200, found.text
            assert Picture(found.content).width > 8
        s3.refused = lambda method, path: 403
        refused = client.get(f"/api/v1/mouths/{name}/image")
        assert "refuses access" in refused.text
        s3.refused = lambda method, path: None
        work.mouth(name).unlink()
        assert client.get(f"/api/v1/mouths/{name}/image").status_code == 404
    assert not [path for _, path in s3.requests if "list-type" in path]
