from __future__ import annotations

import pytest

from moue.dataset.label import LabelUpdate, label_counts, set_labels
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.label_csv import label_from_csv
from moue.errors import DataError
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from rows import add, face, get, mouth, sample

RANKS = ("folder", "csv", USER)


def labels(catalog):
    return {one.name: one.label for one in catalog.mouths()}


def from_folders(catalog, *folders, **fields):
    """Add a picture from each folder, and one elsewhere so that they share none but /raw."""
    add(catalog, sample("elsewhere", source="/raw/z.jpg"))
    for number, folder in enumerate(folders):
        add(catalog, sample(f"{number}", source=f"/raw/{folder}/{number}.jpg", **fields))
    summary = label_from_class_folders(catalog)
    return [mouth(catalog, f"{number}").label for number in range(len(folders))], summary


def test_the_nearest_folder_that_is_a_label_wins(catalog):
    found, summary = from_folders(
        catalog, "smile", "2", "open/anna", "pout/smile", "smile/pout/2024/x", "misc", "Neutral"
    )
    assert found == ["smile", "smile", "open", "smile", "pout", None, "none"]
    assert (summary.done, summary.counts["no label"]) == (6, 2)
    assert mouth(catalog, "0").label_by == "folder"
    assert mouth(catalog, "0").label_at.endswith("+00:00")
    (decision,) = catalog.decisions("0")
    assert (decision.field, decision.value, decision.by) == ("label", "smile", "folder")


def test_a_file_name_gives_no_label(catalog):
    add(catalog, sample("smile", source="/raw/smile.jpg"), sample("b", source="/raw/x/b.jpg"))
    assert label_from_class_folders(catalog).done == 0


def test_common_folders_of_all_pictures_give_no_label(catalog):
    add(
        catalog,
        sample("a", source="/home/open/1/photos/misc/a.jpg"),
        sample("b", source="/home/open/1/photos/smile/b.jpg"),
    )
    label_from_class_folders(catalog)
    assert labels(catalog) == {"a": None, "b": "smile"}


def test_words_in_a_url_give_no_label(catalog):
    add(catalog, sample("web", source="https://x.example/smile/1.jpg"))
    add(catalog, sample("sitting", source="camera:0@2026-01-01T00:00:00+00:00#t=1.000"))
    for name in "ab":
        add(catalog, sample(name, source=f"/home/open/photos/{name}.jpg"))
    assert label_from_class_folders(catalog).done == 0
    assert set(labels(catalog).values()) == {None}


def test_frames_are_labelled_by_the_folder_of_their_video(catalog):
    add(
        catalog,
        sample("a", source="/raw/pout/clip.mp4#t=1.000", video="/raw/pout/clip.mp4"),
        sample("b", source="/raw/open/clip #t=2/clip.mp4#t=1.000"),
    )
    label_from_class_folders(catalog)
    assert labels(catalog)["a"] == "pout"


def test_a_folder_labels_only_the_main_face(catalog):
    from_folders(catalog, "smile", faces=(face(), face(90)))
    assert labels(catalog) == {"elsewhere": None, "0": "smile", "0-face2": None}


def test_dropped_pictures_get_no_label(catalog):
    found, _ = from_folders(catalog, "smile", dropped="dark")
    assert found == [None]


def test_labelling_again_changes_and_writes_nothing(catalog):
    from_folders(catalog, "smile", "pout")
    before = list(catalog.mouths()), list(catalog.decisions())
    assert label_from_class_folders(catalog).done == 0
    assert (list(catalog.mouths()), list(catalog.decisions())) == before


def test_a_copy_in_another_folder_gives_its_label(catalog):
    add(
        catalog,
        sample("a", source="/raw/misc/a.jpg"),
        sample("b", source="/raw/pout/b.jpg", dropped="duplicate", detail="of a"),
    )
    label_from_class_folders(catalog)
    assert mouth(catalog, "a").label == "pout"


def test_disagreeing_folders_of_duplicates_give_no_label(catalog):
    add(catalog, sample("a", source="/raw/smile/a.jpg"), sample("z", source="/raw/z.jpg"))
    label_from_class_folders(catalog)
    assert mouth(catalog, "a").label == "smile"
    add(catalog, sample("b", source="/raw/pout/b.jpg", dropped="duplicate", detail="of a"))
    summary = label_from_class_folders(catalog)
    assert (
        summary.notes[0]
        == "/raw/smile/a.jpg gets no label: its duplicates are in folders for pout and smile"
    )
    assert mouth(catalog, "a").label is None
    decisions = len(list(catalog.decisions()))
    assert label_from_class_folders(catalog).notes == summary.notes
    assert len(list(catalog.decisions())) == decisions


def test_disagreeing_folders_keep_the_label_of_the_user(catalog):
    add(
        catalog,
        sample("a", source="/raw/smile/a.jpg"),
        sample("b", source="/raw/pout/b.jpg", dropped="duplicate", detail="of a"),
    )
    set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "open", USER, "why")])
    label_from_class_folders(catalog)
    assert mouth(catalog, "a").label == "open"


@pytest.mark.parametrize("second", RANKS)
@pytest.mark.parametrize("first", RANKS)
def test_user_labels_override_csv_and_csv_overrides_folders(catalog, first, second):
    add(catalog, sample("a"))
    set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "smile", first, "why")])
    changed = set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "pout", second, "why")])
    wins = RANKS.index(second) >= RANKS.index(first)
    assert changed == wins
    assert mouth(catalog, "a").label == ("pout" if wins else "smile")
    assert mouth(catalog, "a").label_by == (second if wins else first)


def test_counts_name_every_label(catalog):
    add(catalog, sample("a"))
    assert label_counts(catalog) == {"none": 0, "pout": 0, "smile": 0, "open": 0, "no label": 1}
    set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "open", USER, "why")])
    assert label_counts(catalog) == {"none": 0, "pout": 0, "smile": 0, "open": 1}


# CSV


@pytest.fixture
def table(tmp_path, catalog):
    """Write a CSV file beside the raw folder and read it."""
    raw = tmp_path / "raw"
    for name, file in (("a", "x/a.jpg"), ("b", "y/a.jpg"), ("图", "y/图 片.jpg")):
        add(catalog, sample(name, source=str(raw / file)))

    def table(text, encoding="utf-8"):
        (tmp_path / "labels.csv").write_bytes(text.encode(encoding))
        return label_from_csv(catalog, tmp_path / "labels.csv")

    return table


def test_csv_files_name_pictures_by_path_or_file_name(table, catalog, tmp_path):
    summary = table(
        f"file,label\nraw/x/a.jpg,smile\n{tmp_path}/raw/./y/../y/a.jpg,1\n图 片.jpg,OPEN\n"
    )
    assert labels(catalog) == {"a": "smile", "b": "pout", "图": "open"}
    assert (summary.done, summary.notes) == (3, [])
    assert mouth(catalog, "a").label_by == "csv"
    assert next(catalog.decisions("a")).why.endswith("labels.csv:2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_byte_order_marks_and_line_endings_are_accepted(table, catalog, encoding, newline):
    table(f"file,label{newline}raw/x/a.jpg,smile{newline}", encoding)
    assert labels(catalog)["a"] == "smile"


def test_a_web_picture_is_identified_by_its_url(catalog, tmp_path):
    url = "https://x.example/a.jpg?size=1"
    add(catalog, sample("web", source=url), sample("other", source="https://y.example/a.jpg"))
    (tmp_path / "checked.csv").write_text(f"file,label\n{url},pout\n")
    assert label_from_csv(catalog, tmp_path / "checked.csv").done == 1
    assert labels(catalog) == {"web": "pout", "other": None}


def test_reading_a_table_again_changes_and_writes_nothing(table, catalog):
    text = "file,label,subject,light\nraw/x/a.jpg,smile,anna,dim\n"
    assert table(text).done == 1
    before = list(map(str, catalog.samples())), list(catalog.mouths()), list(catalog.decisions())
    assert table(text).done == 0
    assert before == (
        list(map(str, catalog.samples())), list(catalog.mouths()), list(catalog.decisions()),
    )  # fmt: skip


def test_subjects_licences_and_tags_are_stored(table, catalog):
    catalog.update_sample("a", tags={"kept": "yes"})
    table("label,file,person,licence,light\n,raw/x/a.jpg,anna,CC0, dim \nsmile,raw/y/a.jpg,,,\n")
    one = get(catalog, "a")
    assert (one.subject, one.licence, one.tags) == ("anna", "CC0", {"kept": "yes", "light": "dim"})
    assert (get(catalog, "b").subject, get(catalog, "b").tags) == (None, {})
    assert labels(catalog) == {"a": None, "b": "smile", "图": None}


def test_unknown_rows_are_counted_and_ignored(table):
    summary = table("file,label\nraw/x/none.jpg,smile\n,pout\nraw/x/a.jpg,smile\n")
    assert summary.done == 1
    assert summary.notes[0] == (
        "2 of 3 rows match no picture in the catalog: raw/x/none.jpg (line 2), no file (line 3)"
    )


WRONG = {
    "ambiguous name": ("file,label\n\na.jpg,smile\n", r"labels\.csv:3: a\.jpg matches 2 pictures"),
    "unknown label": ("file,label\n图 片.jpg,0\nraw/x/a.jpg,grin\n", r"labels\.csv:3: .*'grin'"),
    "line of a value of two lines": (
        'file,label,note\n图 片.jpg,0,"one\ntwo"\nraw/x/a.jpg,grin,\n', r"labels\.csv:4: .*'grin'",
    ),
    "rows that disagree": (
        "file,label\nraw/x/a.jpg,smile\n\nraw/x/a.jpg,pout\n",
        r"csv:4: raw/x/a.jpg has the label pout, but smile in line 2",
    ),
    "no header": ("raw/x/a.jpg,smile\n", "a column named file"),
    "nothing": ("", "a column named file"),
    "too many values": ("file,label\nraw/x/a.jpg,smile,really\n", r"csv:2: .* 'really' has no"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_csv_error_names_the_line_and_writes_nothing(table, catalog, text, message):
    before = list(map(str, catalog.samples()))
    with pytest.raises(DataError, match=message):
        table(text.replace("label\n图 片.jpg,0", "label,person\n图 片.jpg,0,anna"))
    assert list(map(str, catalog.samples())) == before
    assert set(labels(catalog).values()) == {None}


def test_missing_values_of_a_row_are_empty(table, catalog):
    summary = table("label,file\nsmile\npout,raw/x/a.jpg\n")
    assert summary.notes[0].startswith("1 of 2 rows match no picture in the catalog: no file")


def test_an_unreadable_table_is_a_one_line_error(table, catalog, tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        label_from_csv(catalog, tmp_path / "none.csv")
    with pytest.raises(DataError, match="invalid CSV"):
        table("file,label\n" + "x" * 200_000 + ",smile\n")


def test_a_replaced_file_does_not_make_its_name_ambiguous(table, catalog, tmp_path):
    add(catalog, sample("new", source=str(tmp_path / "raw" / "y" / "图 片.jpg")))
    catalog.update_sample("图", dropped="replaced")
    table("file,label\n图 片.jpg,smile\n")
    assert labels(catalog) == {"a": None, "b": None, "图": None, "new": "smile"}


def test_a_row_for_a_duplicate_labels_the_kept_picture(table, catalog):
    add(catalog, sample("kept", source="/raw/kept.jpg"), sample("copy", source="/raw/copy.jpg"))
    set_dropped(catalog, get(catalog, "copy"), "near_duplicate", "dedupe", "of kept")
    table("file,label,subject\ncopy.jpg,pout,anna\n")
    assert mouth(catalog, "kept").label == "pout"
    assert get(catalog, "kept").subject == "anna"


def test_a_row_overrides_that_of_a_near_duplicate(table, catalog):
    add(catalog, sample("kept", source="/raw/kept.jpg"), sample("copy", source="/raw/copy.jpg"))
    set_dropped(catalog, get(catalog, "copy"), "near_duplicate", "dedupe", "of kept")
    table("file,label\ncopy.jpg,pout\nkept.jpg,open\n")
    assert mouth(catalog, "kept").label == "open"
