from __future__ import annotations

import shutil

import pytest

pytest.importorskip("starlette")

from commands import call
from moue.demo.raw_folder import demo_pictures
from moue.media.image import encode_jpeg, read_image


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace with six labelled mouths."""
    place, raw = tmp_path_factory.mktemp("filled"), tmp_path_factory.mktemp("raw")
    for picture in list(demo_pictures())[:6]:
        target = raw / picture.label / picture.path.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(picture.path.read_bytes())
    for command in (("collect", raw), ("convert",), ("clean",), ("dedupe",), ("crop",), ("label",)):
        assert call(*command, "-w", place) == 0
    return place


@pytest.fixture
def workspace(filled, tmp_path):
    """A copy of it, which the studio of a test uses."""
    from moue.workspace.workspace import Workspace

    shutil.copytree(filled, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def names(workspace):
    with workspace.reading() as catalog:
        return [mouth.name for mouth in catalog.mouths()]


def post(client, path, data):
    return client.post(f"/api/v1/{path}", content=data, headers={"content-type": "image/jpeg"})


def test_a_mouth_of_the_catalog_is_explained(client, names):
    answer = client.get(f"/api/v1/explain/{names[0]}").json()
    assert answer["predicted"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["in_context"] is True
    assert answer["image"].startswith("data:image/png;base64,")
    assert len(answer["occlusion"]["values"]) == answer["occlusion"]["rows"]
    for one in answer["changes"]:
        assert one["changed"] is (one["amount"] is not None) is (one["preview"] is not None)
        assert one["label"] != answer["predicted"]
    near = answer["neighbours"]
    assert {one["name"] for one in near} == set(names[1:])
    assert all(one["label"] for one in near)
    assert (answer["indexed"], answer["indexable"]) == (6, 6)


def test_only_the_named_parts_are_computed(client, names):
    answer = client.get(f"/api/v1/explain/{names[0]}?part=changes&part=neighbours").json()
    assert answer["changes"]
    assert answer["neighbours"]
    assert answer["occlusion"] is None
    assert answer["gradient"] is None
    assert answer["no_gradient"] is None


def test_an_unknown_mouth_part_or_model_is_refused(client, names):
    assert client.get("/api/v1/explain/nobody").status_code == 404
    assert client.get(f"/api/v1/explain/{names[0]}?part=all").status_code == 422
    assert client.get(f"/api/v1/explain/{names[0]}?model=nobody").status_code == 404


def test_a_missing_crop_is_an_error_that_names_the_step(client, workspace, names):
    workspace.mouth(names[0]).unlink()
    answer = client.get(f"/api/v1/explain/{names[0]}")
    assert answer.status_code == 409
    assert "Crop" in answer.json()["error"]["message"]
    near = client.get(f"/api/v1/explain/{names[1]}?part=neighbours").json()
    assert names[0] not in {one["name"] for one in near["neighbours"]}
    assert (near["indexed"], near["indexable"]) == (5, 6)


def test_an_uploaded_picture_and_its_crop_have_the_same_neighbours(client, workspace, names):
    picture = workspace.image(names[0].partition("-face2")[0]).read_bytes()
    whole = post(client, "explain", picture).json()
    crop = encode_jpeg(read_image(workspace.mouth(names[0])), 100)
    alone = post(client, "explain?crop=true", crop).json()
    assert whole["in_context"] is True
    assert alone["in_context"] is False
    assert whole["predicted"] == alone["predicted"]
    assert whole["neighbours"][0]["name"] == alone["neighbours"][0]["name"] == names[0]


def test_a_picture_without_a_face_is_an_error(client):
    import numpy as np

    answer = post(client, "explain", encode_jpeg(np.full((99, 99, 3), 127, np.uint8)))
    assert answer.status_code == 400
    assert "no face" in answer.json()["error"]["message"]


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_not_a_picture_is_an_error(client, data):
    assert post(client, "explain", data).status_code == 400


def test_a_new_label_is_seen_in_the_neighbours(client, workspace, names):
    client.get(f"/api/v1/explain/{names[0]}?part=neighbours")
    with workspace.locked() as (catalog, _):
        catalog.update_mouth(names[1], label="open", label_by="user")
    answer = client.get(f"/api/v1/explain/{names[0]}?part=neighbours").json()
    assert {one["name"]: one["label"] for one in answer["neighbours"]}[names[1]] == "open"
