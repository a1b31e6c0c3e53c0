"""Lists, facets and details of pictures and mouths."""

from __future__ import annotations

import pytest

import rows
from moue.workspace.predictions import MouthPrediction, register_model, save
from studio_pictures import fill

API = "/api/v1"


@pytest.fixture
def names(studio):
    """Thirty pictures with files."""
    return fill(studio.workspace, 30, files=True)


def page(client, kind="mouths", **query):
    answer = client.get(f"{API}/{kind}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_page_is_a_part_of_the_sorted_list(client, names):
    found = page(client, sort="-name", offset=10, limit=5)
    assert found["total"] == 30
    assert [one["name"] for one in found["items"]] == sorted(names, reverse=True)[10:15]
    assert page(client, "pictures", sort="-name", offset=10, limit=5)["items"][0]["faces"] == 1
    assert page(client, offset=1000)["items"] == []


def test_the_list_of_a_token_stays_while_its_mouths_are_labelled(client, names):
    first = page(client, label="none-set", limit=10)
    client.post(f"{API}/decisions", json={
        "op_id": "a", "action": "label", "kind": "mouths", "names": names[:5], "value": "smile",
    })  # fmt: skip
    kept = page(client, label="none-set", limit=10, list=first["list"])
    assert [one["name"] for one in kept["items"]] == names[:10]
    assert [one["label"] for one in kept["items"][:6]] == ["smile"] * 5 + [None]
    now = page(client, label="none-set", limit=10)
    assert now["total"] == 25
    assert now["list"] != first["list"]
    assert page(client, limit=3, list="unknown")["total"] == 30


def test_facets_count_the_rows_of_each_value(client, names):
    client.post(f"{API}/decisions", json={
        "op_id": "a", "action": "label", "kind": "mouths", "names": names[:4], "value": "smile",
    })  # fmt: skip
    found = client.get(f"{API}/facets", params={"kind": "mouths", "label": "smile"}).json()
    assert found["label"] == [
        {"value": "none-set", "title": "no value", "count": 26},
        {"value": "smile", "title": "smile", "count": 4},
    ]
    assert found["source"] == [{"value": "/raw/", "title": "/raw/", "count": 4}]
    assert found["reason"] == []


def test_probabilities_are_in_the_order_of_the_labels_of_the_workspace(client, studio, names):
    with studio.workspace.locked() as (catalog, _):
        model = register_model(catalog, "ab" * 32, "own", ("smile", "none"))
        save(catalog, model, [MouthPrediction(names[0], "c", (0.9, 0.1))])
    found = page(client, limit=2)
    assert found["model"] == "own"
    assert found["labels"] == ["none", "pout", "smile", "open"]
    assert found["items"][0]["probabilities"] == pytest.approx([0.1, 0, 0.9, 0])
    assert found["items"][0]["predicted"] == "smile"
    assert found["items"][1]["probabilities"] is None


def test_a_picture_has_its_faces_mouths_and_history(client, studio, names):
    client.post(f"{API}/decisions", json={
        "op_id": "a", "action": "drop", "kind": "pictures", "names": [names[3]],
    })  # fmt: skip
    found = client.get(f"{API}/pictures/{names[3]}").json()
    assert found["dropped"] == "by_hand"
    assert found["reason_title"] == "dropped by hand"
    assert len(found["faces"][0]["box"]) == 4
    assert found["mouths"][0]["name"] == names[3]
    assert found["history"][-1]["value"] == "by_hand"
    assert found["version"] > 0
    mouth = client.get(f"{API}/mouths/{names[3]}").json()
    assert mouth["picture"]["name"] == names[3]
    assert mouth["dropped"] == "by_hand"
    assert mouth["measures"]["mouth_px"] == 40


def test_names_of_any_script_are_found(client, studio):
    with studio.workspace.locked() as (catalog, _):
        rows.add(catalog, rows.sample("笑顔-0123"))
    assert client.get(f"{API}/pictures/笑顔-0123").json()["name"] == "笑顔-0123"


@pytest.mark.parametrize("path", ["pictures/nobody", "mouths/nobody", "mouths/nobody/image",
                                  "pictures/nobody/image", "pictures/nobody/original",
                                  "thumbnails/mouths/nobody.webp"])  # fmt: skip
def test_an_unknown_name_is_not_found(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "query",
    ["dropped=maybe", "sort=size", "min_width=x", "sort=random:x", "colour=red", "limit=501",
     "offset=-1", "text=%00", "label=" + "x" * 501],
)  # fmt: skip
def test_an_invalid_query_is_refused(client, names, query):
    assert client.get(f"{API}/mouths?{query}").status_code in (400, 422)


def test_a_thumbnail_with_its_version_may_be_kept_forever(client, names):
    url = "/" + page(client, limit=1)["items"][0]["thumbnail"]
    for side in (96, 192):
        answer = client.get(f"{url}&side={side}")
        assert answer.headers["content-type"] == "image/webp"
        assert "immutable" in answer.headers["cache-control"]
    again = client.get(f"{url}&side=96", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 200  # the tag of the other size
    same = client.get(f"{url}&side=192", headers={"if-none-match": answer.headers["etag"]})
    assert same.status_code == 304


def test_a_thumbnail_of_an_old_version_is_not_kept(client, names):
    answer = client.get(f"{API}/thumbnails/mouths/{names[0]}.webp?v=0123456789abcdef")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_pictures_are_encoded_again(client, studio, names):
    for path, kind in ((f"pictures/{names[0]}/image", "image/jpeg"),
                       (f"mouths/{names[0]}/image", "image/png")):  # fmt: skip
        answer = client.get(f"{API}/{path}")
        assert answer.headers["content-type"] == kind
        assert answer.content[:3] in (b"\xff\xd8\xff", b"\x89PN")
    missing = client.get(f"{API}/pictures/{names[0]}/original")
    assert missing.json()["error"]["code"] == "no_picture"  # /raw does not exist
