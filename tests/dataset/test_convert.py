from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertSettings, convert
from moue.media.image import Picture, read_image
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from rows import context, dropped, get, listing


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


@pytest.fixture
def run(workspace, catalog, raw):
    """Collect what is in the raw folder, convert it, and return the summary."""

    def run(workers=1, **settings):
        collect(context(workspace, catalog, CollectSettings()), [raw])
        return convert(context(workspace, catalog, ConvertSettings(**settings), workers=workers))

    return run


def by_file(catalog):
    return {Path(one.source).name: one for one in catalog.samples()}


def near(a, b):
    return a.shape == b.shape and np.abs(a.astype(int) - b).mean() < 8


def test_files_with_one_stem_stay_separate(run, workspace, catalog, raw):
    for seed, name in enumerate(["a.png", "a.gif", "a.jpg", "b.1.png"]):
        save(raw / name, drawn(seed))
    assert run().counts == {"converted": 4}
    images = {name: workspace.image(one.name) for name, one in by_file(catalog).items()}
    assert len(set(images.values())) == 4
    for seed, name in enumerate(["a.png", "a.gif", "a.jpg", "b.1.png"]):
        assert near(read_image(images[name]), drawn(seed))
        assert Picture(images[name].read_bytes()).uniform


def test_only_an_upright_rgb_jpeg_keeps_its_bytes(run, workspace, catalog, raw):
    save(raw / "kept.jpg", drawn(), quality=71)
    save(raw / "wrong-suffix.png", drawn()).write_bytes((raw / "kept.jpg").read_bytes())
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    save(raw / "turned.jpg", drawn(), exif=exif)
    save(raw / "grey.jpg", drawn()[..., 0])
    before = listing(raw)
    run()
    for name, one in by_file(catalog).items():
        same = workspace.image(one.name).read_bytes() == (raw / name).read_bytes()
        assert same == (name in ("kept.jpg", "wrong-suffix.png")), name
        assert Picture(workspace.image(one.name).read_bytes()).uniform
    turned = by_file(catalog)["turned.jpg"]
    assert (turned.width, turned.height, turned.format) == (96, 128, "JPEG")
    assert listing(raw) == before


REASONS = {
    "empty": b"",
    "not_an_image": b"hello, I am no picture",
    "unreadable": b"\xff\xd8\xff\xe0 only a header",
}


def test_every_bad_picture_has_a_reason(run, workspace, catalog, raw):
    for reason, data in REASONS.items():
        (raw / f"{reason}.jpg").write_bytes(data)
    save(raw / "too_small.png", drawn(0, 23, 300))
    save(raw / "too_large.png", drawn(0, 200, 300))
    (raw / "missing.jpg").symlink_to("nowhere")
    save(raw / "None.jpg", drawn())
    save(raw / "cut.jpg", drawn()).write_bytes((raw / "None.jpg").read_bytes()[:-500])
    summary = run(max_pixels=50_000)
    for name, one in by_file(catalog).items():
        assert str(one.dropped) == (name.split(".")[0] if name != "cut.jpg" else "unreadable")
        assert (one.phash is None) == (one.dropped is not None)
        assert workspace.image(one.name).exists() == (one.dropped is None)
    assert summary.counts["converted"] == 1
    assert by_file(catalog)["too_small.png"].detail.startswith("300 x 23 pixels")
    assert len(list(workspace.images.iterdir())) == 1


def test_new_settings_convert_all_again(run, catalog, raw):
    save(raw / "a.png", drawn())
    (raw / "b.jpg").write_bytes(b"")
    assert run().done == 2
    assert run().done == 0
    save(raw / "c.png", drawn(1))
    assert run().done == 1
    assert run(quality=60).done == 3


def test_changed_limits_drop_and_restore(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    size = (raw / "a.png").stat().st_size
    run()
    (before,) = catalog.samples()
    for limits, reason in (
        ({"max_bytes": size - 1}, "too_large"), ({"max_bytes": size}, None),
        ({"max_pixels": 128 * 96 - 1}, "too_large"), ({"max_pixels": 128 * 96}, None),
        ({"min_side": 97}, "too_small"), ({"min_side": 96}, None),
    ):  # fmt: skip
        run(**limits)
        assert list(dropped(catalog).values()) == [reason], limits
    assert next(catalog.samples()) == before


def test_quality_setting_is_used(run, workspace, catalog, raw):
    save(raw / "a.png", drawn(1, 300, 400))
    sizes = []
    for quality in (50, 95):
        run(quality=quality)
        sizes.append(workspace.image(next(catalog.samples()).name).stat().st_size)
    assert sizes[0] < sizes[1]


def test_missing_file_is_tried_again(run, catalog, raw):
    path = save(raw / "a.png", drawn())
    save(raw / "b.png", drawn(1))
    away = path.with_name(".away")
    run()
    path.rename(away)
    for _ in range(2):
        run(quality=80)
        assert sorted(map(str, dropped(catalog).values())) == ["None", "missing"]
    away.rename(path)
    assert run(quality=80).counts == {"converted": 2}
    assert set(dropped(catalog).values()) == {None}
    assert run(quality=80).done == 0


def test_user_decision_is_kept(run, catalog, raw):
    (raw / "a.jpg").write_bytes(b"")
    save(raw / "b.jpg", drawn())
    run()
    for one in list(catalog.samples()):
        set_dropped(catalog, one, None if one.dropped else "by_hand", USER)
    before = dropped(catalog)
    run(quality=60)
    assert dropped(catalog) == before


def test_two_processes_give_the_same_rows(run, workspace, catalog, raw):
    for seed in range(30):
        save(raw / f"{seed:02d}.png", drawn(seed, 30, 40))
    (raw / "05.png").write_bytes(b"broken")
    run(workers=2)
    rows, files = list(catalog.samples()), listing(workspace.images)
    with catalog.transaction():
        for one in rows:
            catalog.forget_steps(one.name)
            catalog.update_sample(one.name, dropped=None, detail=None, decided_by=None, phash=None)
    run(workers=1)
    assert list(catalog.samples()) == rows
    assert {k: v[0] for k, v in listing(workspace.images).items()} == {
        k: v[0] for k, v in files.items()
    }


def test_lost_picture_is_converted_again(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    run()
    (one,) = catalog.samples()
    workspace.image(one.name).unlink()
    catalog.forget_steps(one.name)
    assert run().done == 1
    assert workspace.image(one.name).exists()
    assert get(catalog, one.name) == one
