"""Settings, labels and thresholds in the studio."""

from __future__ import annotations

import tomllib

import pytest

from moue.config import SECTIONS, Config, template
from moue.dataset.clean import CleanSettings
from moue.settings import fields
from moue.studio.settings_file import with_setting
from moue.workspace.kept_settings import keep
from moue.workspace.types import Mouth, Sample

SETTINGS = "/api/v1/settings"


def put(client, section, name, value):
    return client.put(SETTINGS, json={"section": section, "name": name, "value": value})


def field(section, name):
    return next(one for one in section["fields"] if one["name"] == name)


@pytest.fixture
def toml(workspace):
    workspace.settings.write_text(template(), encoding="utf-8")
    return workspace.settings


def test_the_form_has_every_setting_of_the_flags(client):
    sections = client.get(SETTINGS).json()["sections"]
    shown = {one["name"]: [f["name"] for f in one["fields"]] for one in sections}
    assert shown == {
        name: [f.name for f in fields(cls) if not f.setting.once] for name, cls in SECTIONS.items()
    }


def test_a_change_is_in_the_file_and_all_other_lines_stay(client, toml):
    before = toml.read_text(encoding="utf-8").splitlines()
    answer = put(client, "clean", "min_sharpness", 0.05)
    assert answer.status_code == 200, answer.text
    assert field(answer.json(), "min_sharpness") | {"value": 0.05, "source": "moue.toml"} == field(
        answer.json(), "min_sharpness"
    )
    after = toml.read_text(encoding="utf-8").splitlines()
    assert Config.load(toml).get(CleanSettings).min_sharpness == 0.05
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    ((old, new),) = changed
    assert old.split(" # ")[-1] == new.split(" # ")[-1]  # the explanation stays
    assert put(client, "clean", "min_sharpness", None).status_code == 200
    assert toml.read_text(encoding="utf-8").split() == "\n".join(before).split()


def test_every_setting_can_be_changed_and_reset_in_the_template(client, toml):
    text = toml.read_text(encoding="utf-8")
    for name, cls in SECTIONS.items():
        for one in fields(cls):
            if one.setting.once:
                continue
            value = one.choices[-1] if one.choices else one.default
            value = (
                {int: 1, float: 1.5, str: "a # b", bool: True}[one.type] if value is None else value
            )
            changed = with_setting(text, name, one.name, value, one.default)
            assert tomllib.loads(changed)[name] == {one.name: value}
            assert len(changed.splitlines()) == len(text.splitlines())
            again = with_setting(changed, name, one.name, None, one.default)
            assert tomllib.loads(again) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    ["", "# x\n", "[clean]\r\nmin-sharpness = 1 # why\r\n[split]\r\nseed = 3\r\n",
     "clean.min_sharpness = 1\n", "clean = {min_sharpness = 1, max_shadow = 0.5}\n",
     "[ clean ]\nmin_sharpness = 1\n", '["clean"]\nmin_sharpness = 1\n', "[clean]",
     'x = """\n[clean]\nmin_sharpness = 3\n"""\n[clean]\nmax_shadow = 0.5 # a # b\n',
     "[split]\nseed = 1\n\n\n[clean]\n# min_sharpness = 0.01 # about # it\n[crop]\n"],
)  # fmt: skip
def test_files_in_every_form_keep_their_other_values(text):
    before = tomllib.loads(text)
    changed = with_setting(text, "clean", "min_sharpness", 0.25, 0.01)
    after = tomllib.loads(changed)
    assert after["clean"].pop("min_sharpness") == 0.25
    for name in ("min_sharpness", "min-sharpness"):
        before.get("clean", {}).pop(name, None)
    assert {k: v for k, v in after.items() if v} == {k: v for k, v in before.items() if v}
    reset = tomllib.loads(with_setting(changed, "clean", "min_sharpness", None, 0.01))
    assert {k: v for k, v in reset.items() if v} == {k: v for k, v in before.items() if v}


@pytest.mark.parametrize(
    ("section", "name", "value", "status"),
    [("clean", "min_sharpness", "x", 422), ("clean", "min_sharpness", -1, 422),
     ("clean", "max_shadow", 1.5, 422), ("clean", "dry_run", True, 404), ("x", "y", 1, 404),
     ("clean", "x", 1, 404), ("../etc", "passwd", 1, 404), ("split", "seed", True, 422),
     ("clean", "min_main_face", 1.5, 422), ("train", "recipe", "slow", 422),
     ("clean", "min_sharpness", [1], 422)],
)  # fmt: skip
def test_an_invalid_change_leaves_the_file(client, toml, section, name, value, status):
    before = toml.read_bytes()
    answer = put(client, section, name, value)
    assert answer.status_code == status, answer.text
    assert toml.read_bytes() == before


def test_a_damaged_file_is_reported_and_not_overwritten(client, toml):
    toml.write_text("[clean\n", encoding="utf-8")
    answer = put(client, "clean", "min_sharpness", 0.05)
    assert answer.status_code == 422
    error, problem = answer.json()["error"], client.get("/api/v1/state").json()["problem"]
    assert "TOML" in error["message"]
    assert "TOML" in problem["text"]
    for translations in (error["translations"], problem["translations"]):
        assert "不是有效的 TOML" in translations["zh"]
    assert toml.read_text(encoding="utf-8") == "[clean\n"


def test_a_change_replaces_the_value_that_a_command_kept(client, workspace):
    with workspace.locked() as (catalog, _):
        keep(catalog, "clean", {"min_sharpness": 0.3}, "clean")
    (clean,) = [s for s in client.get(SETTINGS).json()["sections"] if s["name"] == "clean"]
    assert field(clean, "min_sharpness")["source"] == "kept"
    with workspace.locked():
        assert put(client, "clean", "min_sharpness", 0.05).status_code == 409
    shown = field(put(client, "clean", "min_sharpness", 0.05).json(), "min_sharpness")
    assert (shown["value"], shown["source"]) == (0.05, "moue.toml")


def test_a_symbolic_link_and_permissions_stay(client, workspace, tmp_path):
    target = tmp_path / "shared.toml"
    target.write_text("", encoding="utf-8")
    target.chmod(0o640)
    workspace.settings.unlink()
    workspace.settings.symlink_to(target)
    assert put(client, "clean", "max_shadow", 0.7).status_code == 200
    assert workspace.settings.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert "max_shadow = 0.7" in target.read_text(encoding="utf-8")


def test_labels_can_be_changed_unless_a_mouth_has_them(client, workspace, toml):
    with workspace.locked() as (catalog, _):
        catalog.add_samples([Sample(name="a-1", source="a", sha256="1", original="a")])
        catalog.put_mouths("a-1", [Mouth(name="a-1", sample="a-1", face=0, width=9)])
        catalog.update_mouth("a-1", label="smile")
    names = ["none", "smile", "tongue"]
    assert client.put("/api/v1/labels", json={"labels": names}).json() == {"labels": names}
    assert list(Config.load(toml).labels.names) == names
    assert client.get("/api/v1/state").json()["labels"] == names
    refused = client.put("/api/v1/labels", json={"labels": ["none", "tongue"]})
    assert refused.status_code == 409
    assert "smile" in refused.json()["error"]["message"]


SHARPNESS = (0.001, 0.004, 0.02, 0.3, 0.5)


@pytest.fixture
def measured(workspace):
    """Five pictures; `clean` dropped the first two, and a person kept the third."""
    face = '[{"box": [0, 0, 50, 50]}]'
    with workspace.locked() as (catalog, _):
        catalog.add_samples(
            Sample(
                name=f"p-{i}", source=f"{i}", sha256=f"{i}", original=f"{i}",
                scores={"sharpness": value, "highlight": 0.9, "shadow": 0.1, "face_px": 50.0},
                dropped="blurry" if i < 2 else None,
                decided_by="clean" if i < 2 else "user" if i == 2 else None,
            )
            for i, value in enumerate(SHARPNESS)
        )  # fmt: skip
        catalog.execute("UPDATE samples SET faces = ?", [face])


def test_a_histogram_counts_every_measured_picture(client, measured):
    found = client.get("/api/v1/histograms/sharpness").json()
    assert sum(found["counts"]) == found["values_total"] == 5
    assert len(found["edges"]) == len(found["counts"]) + 1
    assert found["threshold"] == 0.01
    assert found["setting"] == {"section": "clean", "name": "min_sharpness"}
    assert sum(client.get("/api/v1/histograms/dark").json()["counts"]) == 5


def test_a_threshold_shows_what_it_drops_and_brings_back(client, measured):
    def names(threshold):
        answer = client.get(
            "/api/v1/histograms/sharpness/dropped", params={"threshold": threshold}
        ).json()
        assert answer["would_drop"] + answer["would_keep"] == answer["total"]
        return [(item["name"], item["drops"]) for item in answer["items"]]

    assert names(0.01) == []
    assert names(0.4) == [("p-3", True)]  # a person kept p-2
    assert names(0.003) == [("p-1", False)]
    assert names(0) == [("p-0", False), ("p-1", False)]


@pytest.mark.parametrize("threshold", ["nan", "inf", "-1", "x", "1e400"])
def test_a_threshold_out_of_range_is_refused(client, measured, threshold):
    answer = client.get(f"/api/v1/histograms/sharpness/dropped?threshold={threshold}")
    assert answer.status_code == 422


def test_a_histogram_without_pictures_is_empty(client):
    assert client.get("/api/v1/histograms/face_size").json()["counts"] == []
    assert client.get("/api/v1/histograms/x").status_code == 404
