from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertJob, ConvertSettings, convert, convert_picture
from moue.media.image import Picture, read_image
from moue.workspace.drop_reasons import DROP_REASONS
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


def test_four_files_of_one_stem_stay_four_pictures(run, workspace, catalog, raw):
    for seed, name in enumerate(["a.png", "a.gif", "a.jpg", "b.1.png"]):
        save(raw / name, drawn(seed))
    assert run().counts == {"converted": 4}
    images = {name: workspace.image(one.name) for name, one in by_file(catalog).items()}
    assert len(set(images.values())) == 4
    for seed, name in enumerate(["a.png", "a.gif", "a.jpg", "b.1.png"]):
        assert near(read_image(images[name]), drawn(seed))
        assert Picture(images[name].read_bytes()).uniform


def test_an_upright_rgb_jpeg_keeps_its_bytes_and_others_do_not(run, workspace, catalog, raw):
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


def test_every_reason_is_given_and_the_run_goes_on(run, workspace, catalog, raw):
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
    assert by_file(catalog)["too_small.png"].detail == "300 x 23 pixels"
    assert len(list(workspace.images.iterdir())) == 1


def test_a_run_does_what_is_new_and_other_settings_do_all_again(run, catalog, raw):
    save(raw / "a.png", drawn())
    (raw / "b.jpg").write_bytes(b"")
    assert run().done == 2
    assert run().done == 0
    save(raw / "c.png", drawn(1))
    assert run().done == 1
    assert run(quality=60).done == 3


def test_limits_can_be_moved_there_and_back(run, workspace, catalog, raw):
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


def test_quality_is_kept_to(run, workspace, catalog, raw):
    save(raw / "a.png", drawn(1, 300, 400))
    sizes = []
    for quality in (50, 95):
        run(quality=quality)
        sizes.append(workspace.image(next(catalog.samples()).name).stat().st_size)
    assert sizes[0] < sizes[1]


def test_a_file_whose_disk_was_away_is_looked_for_again(run, catalog, raw):
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


def test_what_a_person_decided_stays(run, catalog, raw):
    (raw / "a.jpg").write_bytes(b"")
    save(raw / "b.jpg", drawn())
    run()
    for one in list(catalog.samples()):
        set_dropped(catalog, one, None if one.dropped else "by_hand", USER)
    before = dropped(catalog)
    run(quality=60)
    assert dropped(catalog) == before


def test_two_processes_give_the_rows_of_one(run, workspace, catalog, raw):
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


# faults


def encoded(format, seed, mode="RGB", **options):
    buffer = io.BytesIO()
    image = PIL.Image.fromarray(drawn(seed, 40, 56))
    image.convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


WHOLE = [
    encoded("JPEG", 0), encoded("JPEG", 1, progressive=True), encoded("JPEG", 2, "CMYK"),
    encoded("JPEG", 3, "L"), encoded("PNG", 4), encoded("PNG", 5, "P"), encoded("PNG", 6, "RGBA"),
    encoded("WEBP", 7), encoded("WEBP", 8, lossless=True), encoded("GIF", 9), encoded("TIFF", 10),
    encoded("TIFF", 11, compression="tiff_lzw"), encoded("BMP", 12), encoded("BMP", 13, "P"),
]  # fmt: skip


def mutated(rng):
    data = bytearray(WHOLE[rng.integers(len(WHOLE))])
    kind = rng.integers(5)
    if kind == 0:  # flipped bits
        for at in rng.integers(0, len(data), rng.integers(1, 12)):
            data[at] ^= 1 << rng.integers(8)
    elif kind == 1:  # cut short
        del data[rng.integers(len(data)) :]
    elif kind == 2:  # a stretch of noise
        at = rng.integers(len(data))
        noise = rng.bytes(rng.integers(1, 60))
        data[at : at + len(noise)] = noise
    elif kind == 3:  # the head of one format on the body of another
        other = WHOLE[rng.integers(len(WHOLE))]
        at = rng.integers(2, 40)
        data[:at] = other[:at]
    else:  # broken numbers in the head
        for at in rng.integers(0, min(64, len(data)), 4):
            data[at] = rng.integers(256)
    return bytes(data)


def test_of_500_mutated_files_each_ends_converted_or_with_a_reason(run, catalog, workspace, raw):
    rng = np.random.default_rng(20)
    for number in range(500):
        (raw / f"{number:03d}.bin").write_bytes(mutated(rng))
    before = {p.name: hashlib.sha256(p.read_bytes()).digest() for p in raw.iterdir()}
    summary = run(max_pixels=1_000_000)
    assert summary.done == 500
    for one in catalog.samples():
        assert one.dropped is None or (one.dropped in DROP_REASONS and one.detail)
        if one.dropped is None:
            shape = read_image(workspace.image(one.name)).shape
            assert shape == (one.height, one.width, 3)
    reasons = catalog.count("samples", "dropped")
    assert reasons[None] > 50
    assert reasons["unreadable"] > 50
    assert len(reasons) >= 4
    assert {p.name: hashlib.sha256(p.read_bytes()).digest() for p in raw.iterdir()} == before


def test_a_full_disk_is_one_clear_error_and_the_run_goes_on_afterwards(workspace, tmp_path):
    """A real limit on the size of a file, which the picture exceeds, stands for the disk."""
    for seed in range(3):
        save(tmp_path / "raw" / f"{seed}.png", drawn(seed, *[(40, 40), (900, 900), (50, 50)][seed]))
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from moue.cli import main
place = ["-w", {str(workspace.root)!r}]
assert main(["collect", {str(tmp_path / "raw")!r}, *place]) == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
assert main(["convert", *place, "--workers", "1"]) == 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("files", *sorted(p.name for p in Path_images.iterdir()))
assert main(["convert", *place, "--workers", "1"]) == 0
""".replace("Path_images", f"__import__('pathlib').Path({str(workspace.images)!r})")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("moue: ")]
    assert "File too large" in told
    assert "Traceback" not in done.stderr
    with workspace.reading() as catalog:
        assert set(dropped(catalog).values()) == {None}
        assert all(workspace.image(one.name).exists() for one in catalog.samples())
    assert not list(workspace.images.glob(".*"))


def test_a_target_that_cannot_be_written_raises_and_loses_nothing(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    workspace.images.write_text("a file where the folder should be")
    before = listing(raw)
    with pytest.raises(OSError):
        run()
    assert workspace.images.read_text() == "a file where the folder should be"
    assert listing(raw) == before
    workspace.images.unlink()
    assert run().counts == {"converted": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_raises_and_loses_nothing(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    workspace.images.mkdir()
    workspace.images.chmod(0o555)
    with pytest.raises(PermissionError):
        run()
    workspace.images.chmod(0o755)
    assert run().counts == {"converted": 1}


def test_a_folder_for_a_picture_is_missing_with_a_word_on_it(tmp_path):
    done = convert_picture(ConvertJob("a", tmp_path, tmp_path / "a.jpg"), ConvertSettings())
    assert (done.reason, done.detail) == ("missing", "Is a directory")


def test_a_lost_picture_is_made_again_once_its_steps_are_forgotten(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    run()
    (one,) = catalog.samples()
    workspace.image(one.name).unlink()
    catalog.forget_steps(one.name)
    assert run().done == 1
    assert workspace.image(one.name).exists()
    assert get(catalog, one.name) == one
