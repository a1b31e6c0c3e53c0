"""Clusters, second passes, the guide, suggestions and label names."""

from __future__ import annotations

import pytest

import rows
from moue.workspace.stages import set_dropped
from moue.workspace.types import Fingerprint
from studio_pictures import fill, labels

API = "/api/v1"


@pytest.fixture
def names(studio):
    """Eight pictures with a labelled mouth each."""
    made = fill(studio.workspace, 8)
    with studio.workspace.locked() as (catalog, _):
        for number, name in enumerate(made):
            catalog.update_mouth(name, label="smile" if number % 2 else "none", label_by="csv")
    return made


def test_a_cluster_shows_its_best_picture_first(client, studio):
    with studio.workspace.locked() as (catalog, _):
        small = rows.GOOD | {"face_px": 60.0}
        rows.add(
            catalog,
            rows.sample("small", group="small", phash=0b111, scores=small, dropped="near_duplicate",
                        detail="of large", decided_by="dedupe"),
            rows.sample("large", group="small", phash=0b001),
            rows.sample("mirror", group="small", phash=0b1111110),
            rows.sample("alone", group="alone"),
        )  # fmt: skip
        catalog.put_fingerprint("mirror", Fingerprint(0b001, bytes(1024)))
        catalog.update_mouth("small", label="pout")
    found = client.get(f"{API}/clusters").json()
    assert (found["total"], found["items"][0]["kind"]) == (1, "duplicates")
    items = {one["name"]: one for one in found["items"][0]["items"]}
    assert next(iter(items)) == "large"
    assert items["large"]["best"]
    assert items["small"]["hash_bits"] == 2
    assert not items["small"]["kept"]
    assert items["small"]["labels"] == ["pout"]
    assert items["mirror"]["mirrored"]
    assert items["mirror"]["hash_bits"] == 0


def test_a_duplicate_keeps_its_original_and_its_cluster_the_kind_after_an_edit(client, studio):
    with studio.workspace.locked() as (catalog, _):
        hashes = {"best": 0, "other": 0b11111, "copy": 0b11110}
        for name, phash in hashes.items():
            face = {"face_px": 300.0 if name == "best" else 100.0}
            scores = rows.GOOD | face
            rows.add(catalog, rows.sample(name, group="g", phash=phash, scores=scores))
        copy = next(iter(catalog.samples(name="copy")))
        set_dropped(catalog, copy, "near_duplicate", "dedupe", "of other")

    def shown() -> tuple[str, str | None, int]:
        (cluster,) = client.get(f"{API}/clusters").json()["items"]
        copy = next(one for one in cluster["items"] if one["name"] == "copy")
        return cluster["kind"], copy["compared_to"], copy["hash_bits"]

    assert shown() == ("duplicates", "other", 1)
    body = {"op_id": "r", "action": "restore", "kind": "pictures", "names": ["copy"]}
    assert client.post(f"{API}/decisions", json=body).status_code == 200
    assert shown() == ("duplicates", "other", 1)


def test_a_second_pass_is_blind_and_its_disputes_are_listed(client, studio, names):
    body = {"op_id": "p", "labeller": "anna", "sample": 6, "order": "random:3"}
    made = client.post(f"{API}/passes", json=body).json()
    assert (made["total"], made["labelled"]) == (6, 0)
    assert client.post(f"{API}/passes", json=body).json() == made
    url = f"{API}/passes/{made['id']}"
    blind = client.get(f"{url}/next").json()
    assert set(blind["items"][0]) == {"position", "name", "thumbnail"}
    first = labels(studio.workspace)
    for number, item in enumerate(blind["items"]):
        label = "open" if number == 0 else first[item["name"]]
        answer = client.post(
            f"{url}/labels", json={"op_id": f"l{number}", "name": item["name"], "label": label}
        )
        assert answer.json()["state"] == "written"
    found = client.get(f"{url}/agreement").json()
    assert found["labelled"] == 6
    assert found["agreement"] == pytest.approx(5 / 6)
    assert 0 < found["kappa"] < 1
    assert found["confusion"]["labels"] == ["none", "pout", "smile", "open"]
    (dispute,) = found["disputes"]
    assert (dispute["name"], dispute["second"]) == (blind["items"][0]["name"], "open")
    assert labels(studio.workspace) == first
    assert client.get(f"{API}/passes").json()["passes"][0]["labelled"] == 6
    assert client.get(f"{API}/state").json()["tabs"]["disputes"] == 1
    settled = {
        "op_id": "s", "action": "label", "kind": "mouths", "names": [dispute["name"]],
        "value": "open",
    }  # fmt: skip
    assert client.post(f"{API}/decisions", json=settled).json()["state"] == "written"
    assert client.get(f"{API}/state").json()["tabs"]["disputes"] == 0


@pytest.mark.parametrize("number", ["9", "x", "1e3", "99999999999999999999"])
def test_an_unknown_pass_is_not_found(client, number):
    assert client.get(f"{API}/passes/{number}/next").status_code == 404
    assert client.get(f"{API}/passes/{number}/agreement").status_code == 404
    body = {"op_id": "a", "name": "x", "label": "smile"}
    assert client.post(f"{API}/passes/{number}/labels", json=body).status_code in (400, 404)


def test_a_pass_needs_labelled_mouths(client, studio):
    fill(studio.workspace, 2)
    answer = client.post(f"{API}/passes", json={"op_id": "p", "labeller": "anna"})
    assert answer.status_code == 400


def test_the_guide_has_a_text_and_examples_for_each_label(client, names):
    found = {one["name"]: one for one in client.get(f"{API}/guide").json()["labels"]}
    assert list(found) == ["none", "pout", "smile", "open"]
    assert "Corners of the mouth" in found["smile"]["text"]
    assert len(found["smile"]["examples"]) == 4
    changed = client.put(f"{API}/guide", json={"label": "smile", "text": " teeth "}).json()
    assert changed["labels"][2]["text"] == "teeth"
    assert changed["labels"][2]["own"]
    back = client.put(f"{API}/guide", json={"label": "smile", "text": ""}).json()
    assert not back["labels"][2]["own"]
    assert client.put(f"{API}/guide", json={"label": "grin", "text": "x"}).status_code == 422


def test_no_model_suggests_labels_before_its_predictions(client, names):
    assert client.get(f"{API}/suggestions").json()["models"] == []
