"""The figures about pictures and data sets compute what moue computes."""

from __future__ import annotations

import io
import re

import cv2
import numpy as np
import PIL.Image
import pytest

from figure_core import CORE, run_core
from moue.dataset.phash import phash
from moue.learn import course
from moue.learn.data import BUNDLED, NAMES, TRAINED, answer
from moue.learn.data.leakage import bursts, held_out
from moue.learn.pack import pack, unpack
from moue.learn.source import Source


@pytest.mark.parametrize("shape", [(160, 160), (97, 131), (40, 33)])
def test_the_hash_has_the_bits_of_moue(tmp_path, shape):
    rng = np.random.default_rng(4)
    small = rng.integers(0, 256, (9, 9)).astype(np.uint8)
    grey = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)
    bits = run_core("perceptual-hash", [("hash", [grey, shape[1], shape[0]])], tmp_path)[0]
    number = sum(bit << index for index, bit in enumerate(bits))
    # Rounding in the reduction may change the bit of a frequency that lies at the median.
    assert (number ^ phash(grey)).bit_count() <= 1


def test_a_mirrored_picture_is_mirrored(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (12, 10)).astype(np.uint8)
    change = {"zoom": 1, "light": 1, "turn": 0, "noise": 0, "mirror": True}
    found = run_core("perceptual-hash", [("changed", [grey, 10, 12, change, None])], tmp_path)[0]
    assert found == grey[:, ::-1].ravel().tolist()


@pytest.mark.parametrize("name", ["words", "counts", "sets"])
def test_python_gives_the_result_of_each_comprehension(tmp_path, name):
    counts, sets = {"none": 50, "pout": 43, "open": 39}, {"train": 111, "val": 38, "test": 32}
    limit = {"words": 5, "counts": 44, "sets": 100}[name]
    examples = run_core("dict-comprehension", [("examples", [counts, sets, limit])], tmp_path)[0]
    example = examples[name]
    names: dict = {}
    exec(example["source"], names)
    expected = eval(example["code"], names)
    found = run_core("dict-comprehension", [("result", [example["items"], limit])], tmp_path)[0]
    assert found == expected
    exec("\n".join(example["loop"]), names)
    assert names["result"] == expected != {}


def test_the_steps_visit_each_element_and_store_what_is_kept(tmp_path):
    items = [["a", 1], ["b", 9], ["c", 2]]
    steps = run_core("dict-comprehension", [("steps", [items, 5])], tmp_path)[0]
    assert [(s["item"], s["part"]) for s in steps if s["part"] != "condition"] == [
        (0, "element"), (0, "entry"), (1, "element"), (2, "element"), (2, "entry"),
    ]  # fmt: skip


def test_a_split_by_person_shares_no_person_and_one_by_file_does(tmp_path):
    persons = np.repeat(np.arange(8), 4).astype(np.int32)
    files = np.arange(32).astype(np.int32)
    by_file, by_person = run_core(
        "leakage", [("measured", [files, 0.5, 3]), ("measured", [persons, 0.5, 3])], tmp_path
    )
    calls = [("shared", [persons, by_file]), ("shared", [persons, by_person])]
    file_share, person_share = run_core("leakage", calls, tmp_path)
    inside = np.array(by_file)
    assert inside.sum() == sum(by_person) == 16
    assert file_share == pytest.approx(np.isin(persons[inside], persons[~inside]).mean())
    assert file_share > 0.5
    assert person_share == 0


def test_bursts_keep_labels_and_persons_and_change_the_pixels():
    mouths = Source.bundled().mouths
    chosen = np.arange(6)
    burst = bursts(mouths, chosen, 2)
    assert len(burst) == 12
    assert burst.persons[:6] == burst.persons[6:] == mouths.persons[:6]
    assert burst.targets.tolist() == mouths.targets[:6].tolist() * 2
    assert not (burst.pixels[:6] == burst.pixels[6:]).all()
    assert held_out(np.repeat(np.arange(4), 3), 0).sum() == 6


def test_the_stored_answers_show_what_the_course_says():
    source = Source.bundled()
    assert all(list(BUNDLED.glob(f"{name}.*")) for name in TRAINED)
    leak = answer("leakage", source, {})["rows"][-1]
    assert leak["file"]["interval"][0] > leak["person"]["interval"][1]
    runs = answer("schedules", source, {})["runs"]
    final = {name: run["validation"][-1] for name, run in runs.items()}
    assert final["constant"] < final["cosine"]
    surface = answer("loss-surface", source, {})
    assert np.min(surface["loss"]) < 0.05 < surface["losses"][0]
    values, arrays = unpack(answer("confusion", source, {}))
    assert len(values["names"]) == len(arrays["targets"]) == len(arrays["mouths"])
    assert arrays["probabilities"].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TRAINED])
def test_each_other_answer_is_computed(name):
    found = answer(name, Source.bundled(), {})
    assert found


def test_a_pack_keeps_values_and_arrays():
    arrays = {"a": np.arange(5, dtype=np.int16), "b": np.ones((2, 3), np.float32)}
    values, found = unpack(pack({"text": "嘴"}, arrays))
    assert values == {"text": "嘴"}
    assert all((found[name] == array).all() for name, array in arrays.items())
    with pytest.raises(ValueError, match="complex"):
        pack({}, {"c": np.zeros(2, complex)})


def jpeg(mode: str = "RGB", orientation: int = 0, **options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 28, 3)).astype(np.uint8)
    exif = PIL.Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    stream = io.BytesIO()
    PIL.Image.fromarray(pixels).convert(mode).save(stream, "JPEG", exif=exif, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("file", "channels", "orientation"),
    [
        (jpeg(), 3, 0),
        (jpeg("L", progressive=True), 1, 0),
        (jpeg("CMYK", orientation=6), 4, 6),
        (jpeg(orientation=3, comment=b"lips"), 3, 3),
    ],
)
def test_the_segments_of_a_file_have_no_gaps(tmp_path, file, channels, orientation):
    data = np.frombuffer(file, np.uint8)
    segments, facts = run_core("jpeg-bytes", [("segments", [data]), ("facts", [data])], tmp_path)
    ends = [one["start"] + one["length"] for one in segments]
    assert [one["start"] for one in segments] == [0, *ends[:-1]]
    assert ends[-1] == len(file)
    for one in segments:
        assert file[one["start"] : one["start"] + 2].hex().upper() == one["marker"]
    with PIL.Image.open(io.BytesIO(file)) as image:
        assert (facts["width"], facts["height"]) == image.size
        shown = [one for one in segments if one["kind"] in ("exif", "jfif", "adobe", "comment")]
        assert len(shown) == len(image.applist)
    assert facts["channels"] == channels
    assert facts["orientation"] == orientation
    assert facts["complete"]


@pytest.mark.parametrize("kept", [0, 1, 3, 21, 300, -3])
def test_a_cut_file_has_no_end(tmp_path, kept):
    data = np.frombuffer(jpeg(orientation=6)[:kept], np.uint8)
    assert not run_core("jpeg-bytes", [("facts", [data])], tmp_path)[0]["complete"]


def test_the_whole_way_counts_the_pictures_of_the_source(tmp_path):
    source = Source.bundled()
    values, arrays = unpack(answer("whole-way", source, {}))
    flow = run_core("whole-way", [("flow", [values])], tmp_path)[0]
    numbers = {name: (before, after) for name, before, after in flow}
    assert numbers["crop"] == (len(source.pictures), len(source.mouths))
    assert numbers["split"] == (len(source.mouths), len(source.mouths))
    assert numbers["evaluate"] == (values["predicted"], values["right"])
    assert arrays["crop"].shape == (64, 64, 3)
    assert arrays["probabilities"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("page", "search", "link"),
    [
        ("/learn/01-whole-way", "?lang=zh", "04-cascade?lang=zh"),
        ("/moue/course/01-whole-way/", "", "../04-cascade/"),
    ],
)
def test_the_whole_way_links_to_chapters(tmp_path, page, search, link):
    assert (
        run_core("whole-way", [("chapterLink", [page, search, "04-cascade"])], tmp_path)[0] == link
    )


def test_each_step_of_the_whole_way_leads_to_a_chapter():
    script = (CORE / "whole-way.js").read_text(encoding="utf-8")
    chapters = set(re.findall(r'"(\d\d-[a-z-]+)"', script))
    assert chapters <= set(course.names())
    assert len(chapters) >= 9
