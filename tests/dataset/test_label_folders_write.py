from __future__ import annotations

import pytest

from drawing import drawn
from moue.dataset.label_folders_read import read_label_folders
from moue.dataset.label_folders_write import LabelSuggestions, write_label_folders
from moue.errors import DataError
from moue.files import write_bytes
from moue.media.image import encode_png
from moue.progress import Progress
from moue.workspace import provenance
from moue.workspace.provenance import Origin
from moue.workspace.types import USER
from rows import add, context, face, sample
from sorting_folders import lying, move, new, said


def presorting(probabilities):
    """A model that predicts these probabilities from the name of a mouth."""
    return lambda: LabelSuggestions("m", predict=lambda names: {n: probabilities(n) for n in names})


def test_weak_labels_choose_the_maybe_folder_only(workspace, catalog):
    for number, (name, weak) in enumerate(
        {"e": ["open"], "f": ["open", "smile"], "g": ["pout"], "h": []}.items()
    ):
        add(catalog, sample(name, faces=(face(), face())))
        for label in weak:
            origin = Origin(sample=name, engine="bing", query=label, url=name, label=label)
            provenance.add_origin(catalog, origin)
        for one in catalog.mouths(sample=name):
            write_bytes(workspace.mouth(one.name), encode_png(drawn(number, 40, 40)))
    place = workspace.root / "sorting"
    write_label_folders(context(workspace, catalog), place)
    assert sorted(path.parent.name for path in place.glob("*/?_mouth.png")) == [
        "maybe-open", "maybe-pout", "unsorted", "unsorted",
    ]  # fmt: skip
    assert len(list(place.glob("unsorted/*-face2_mouth.png"))) == 4
    assert read_label_folders(catalog, place).done == 0
    move(place, "e", "maybe-open", "open")
    (place / "maybe-pout").rename(place / "pout-yes")
    (place / "pout").rmdir()
    (place / "pout-yes").rename(place / "pout")
    assert read_label_folders(catalog, place).done == 2
    assert {n: said(catalog)[n] for n in "eg"} == {"e": ("open", USER), "g": ("pout", USER)}


def test_second_write_adds_only_new_crops(workspace, catalog, folder):
    move(folder, "a", "smile", "open")
    (folder / "pout" / "c_mouth.png").unlink()
    new(workspace, catalog, "e", "f")
    summary = write_label_folders(context(workspace, catalog), folder)
    assert summary.done == 2
    assert any("1 crops are missing from" in note for note in summary.notes)
    assert lying(folder) == {
        "open/a_mouth.png", "smile/b_mouth.png", "unsorted/d_mouth.png", "unsorted/e_mouth.png",
        "unsorted/f_mouth.png",
    }  # fmt: skip
    assert write_label_folders(context(workspace, catalog), folder).done == 0
    read_label_folders(catalog, folder)
    assert said(catalog)["a"] == ("open", USER)  # moved before, and still known as moved


def test_a_model_sorts_into_maybe_folders_least_certain_first(workspace, catalog, folder):
    new(workspace, catalog, *"efgh")
    asked = []
    says = {"d": (0.9, 0.1), "e": (0.6, 0.4), "f": (0.7, 0.3), "g": (0.2, 0.8)}

    def predict(names):
        asked.extend(names)
        return {n: dict(zip(("smile", "tongue"), says[n], strict=True)) for n in names if n in says}

    def presort():
        return LabelSuggestions("model 7", "it errs", predict)

    (folder / "unsorted" / "d_mouth.png").unlink()
    (folder / ".moue.jsonl").unlink()
    summary = write_label_folders(context(workspace, catalog), folder, presort=presort)
    assert sorted(asked) == list("defgh")
    assert lying(folder) >= {
        "maybe-smile/0001-e_mouth.png", "maybe-smile/0002-f_mouth.png",
        "maybe-smile/0003-d_mouth.png",
        "unsorted/g_mouth.png",  # tongue is no label here
        "unsorted/h_mouth.png",  # the model has no answer
    }  # fmt: skip
    assert "it errs" in summary.notes
    assert any("by model 7" in note for note in summary.notes)
    assert read_label_folders(catalog, folder).done == 0
    (folder / "maybe-smile" / "0001-e_mouth.png").rename(folder / "open" / "0001-e_mouth.png")
    (folder / "maybe-smile" / "0002-f_mouth.png").rename(folder / "smile" / "f_mouth.png")
    assert read_label_folders(catalog, folder).done == 2
    assert {n: said(catalog)[n] for n in "efd"} == {
        "e": ("open", USER), "f": ("smile", USER), "d": (None, None),
    }  # fmt: skip


def test_numbers_continue_for_new_crops(workspace, catalog, folder):
    new(workspace, catalog, "e")
    presort = presorting(lambda name: {"open": 0.6})
    write_label_folders(context(workspace, catalog), folder, presort=presort)
    (folder / "maybe-open" / "0001-e_mouth.png").rename(folder / "open" / "e.png_mouth.png")
    new(workspace, catalog, "f", "g")
    write_label_folders(context(workspace, catalog), folder, presort=presort)
    assert {p for p in lying(folder) if "maybe" in p} == {
        "maybe-open/0002-f_mouth.png", "maybe-open/0003-g_mouth.png",
    }  # fmt: skip


def test_mouth_name_may_begin_with_a_number(workspace, catalog, folder):
    new(workspace, catalog, "0001-a")
    write_label_folders(context(workspace, catalog), folder)
    (folder / "unsorted" / "0001-a_mouth.png").rename(folder / "open" / "0001-a_mouth.png")
    read_label_folders(catalog, folder)
    assert said(catalog)["0001-a"] == ("open", USER)


class Killed(Exception):  # noqa: N818  no error: it stands for a kill
    """The process ends here."""


class Killing(Progress):
    """Ends the work after some items."""

    def __init__(self, after):
        self.after = after

    def track(self, items, what, total):
        for number, item in enumerate(items):
            if number == self.after:
                raise Killed
            yield item


@pytest.mark.parametrize("after", range(0, 150, 7))
@pytest.mark.slow
def test_same_command_completes_a_killed_write(workspace, catalog, after):
    new(workspace, catalog, *(f"m{n:03d}" for n in range(150)))
    presort = presorting(lambda name: {"open": float("0." + name[1:])})
    place, whole = workspace.root / "sorting", workspace.root / "whole"
    write_label_folders(context(workspace, catalog), whole, presort=presort)
    with pytest.raises(Killed):
        write_label_folders(
            context(workspace, catalog, progress=Killing(after)), place, presort=presort
        )
    moved = sorted(lying(place))[:1]
    for path in moved:
        (place / path).rename(place / "smile" / (place / path).name)
    write_label_folders(context(workspace, catalog), place, presort=presort)
    assert len(lying(place)) == 150
    assert len(lying(place) - lying(whole)) == len(moved)
    assert read_label_folders(catalog, place).done == len(moved)


def test_file_of_the_user_is_not_overwritten(workspace, catalog):
    new(workspace, catalog, "a")
    place = workspace.root / "sorting"
    (place / "unsorted").mkdir(parents=True)
    (place / "unsorted" / "a_mouth.png").write_bytes(b"mine")
    write_label_folders(context(workspace, catalog), place)
    assert (place / "unsorted" / "a_mouth.png").read_bytes() == b"mine"
    (place / ".moue.jsonl").write_text("mine too")
    with pytest.raises(DataError, match="not written by moue"):
        write_label_folders(context(workspace, catalog), place)
    assert (place / ".moue.jsonl").read_text() == "mine too"


@pytest.mark.parametrize(
    "text",
    ['{"kind": "crops sorted by hand", "crops": 2}\n["a", "smile", "a_mouth.png"]\n',
     '{"kind": "crops sorted by hand", "crops": 1}\n["a", "smile"]\n',
     '{"kind": "crops sorted by hand", "crops": 1}\n["a", 1, "a_mouth.png"]\n', "[]", ""],
)  # fmt: skip
def test_a_damaged_record_is_an_error(workspace, catalog, folder, text):
    (folder / ".moue.jsonl").write_text(text)
    for use in (
        lambda: write_label_folders(context(workspace, catalog), folder),
        lambda: read_label_folders(catalog, folder),
    ):
        with pytest.raises(DataError, match="damaged or was not written by moue"):
            use()


def test_more_crops_than_a_page_are_sorted_and_read(workspace, catalog):
    """The folder has crops of several pages, and the numbers follow the probabilities."""
    names = [f"m{number:04d}" for number in range(1100)]
    add(catalog, *map(sample, names))
    for name in names:
        path = workspace.mouth(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a crop")
    place = workspace.root / "sorting"
    presort = presorting(lambda name: {"open": (int(name[1:]) * 7 % 1100) / 2000})
    assert write_label_folders(context(workspace, catalog), place, presort=presort).done == 1100
    ranks = sorted(path.name for path in place.glob("maybe-open/*.png"))
    assert [int(name[6:10]) * 7 % 1100 for name in ranks] == list(range(1100))
    for path in place.glob("maybe-open/*.png"):
        path.rename(place / "smile" / path.name)
    assert read_label_folders(catalog, place).done == 1100
    assert set(said(catalog).values()) == {("smile", USER)}
    assert read_label_folders(catalog, place).done == 0
    assert write_label_folders(context(workspace, catalog), place, presort=presort).done == 0
