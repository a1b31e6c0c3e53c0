"""CSV files as spreadsheets, Windows, macOS and scripts write them; and lists of files."""

from __future__ import annotations

import unicodedata

import pytest

from moue.dataset.collect.source_lists import read_file_list
from moue.dataset.label import LabelUpdate, set_labels
from moue.dataset.label_csv import label_from_csv
from moue.dataset.text_reader import readings
from moue.errors import DataError, SourceError
from moue.workspace.types import USER, Sample
from rows import add, get, mouth, sample

SMILE, NONE = "ph/a.jpg", "ph/b.jpg"


@pytest.fixture
def read(tmp_path, catalog):
    """Label `ph/a.jpg` and `ph/b.jpg`, which lie beside the CSV file, by these bytes."""
    add(catalog, sample("a", source=str(tmp_path / SMILE)))
    add(catalog, sample("b", source=str(tmp_path / NONE)))

    def read(content):
        (tmp_path / "x.csv").write_bytes(content)
        return label_from_csv(catalog, tmp_path / "x.csv")

    return read


def labels(catalog):
    return [mouth(catalog, name).label for name in "ab"]


def headed(header):
    return PLAIN.replace("file,label", header).encode()


PLAIN = "file,label\nph/a.jpg,smile\nph/b.jpg,none\n"
READ = {
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "bars": PLAIN.replace(",", "|").encode(),
    "capitals in the header": headed(" FILE ,Label"),
    "quotes everywhere": b'"file","label"\r\n"ph/a.jpg","smile"\r\n"ph/b.jpg","none"\r\n',
    "old line ends": PLAIN.replace("\n", "\r").encode(),
    "excel unicode": PLAIN.replace(",", "\t").encode("utf-16"),
    "utf-16 big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "utf-16 without a mark": PLAIN.encode("utf-16-le"),
    "utf-8 with a mark": PLAIN.encode("utf-8-sig"),
    "sep line": b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
    "quoted sep line with a mark": ('"sep=;"\n' + PLAIN.replace(",", ";")).encode("utf-8-sig"),
    "blank and comment lines": b"\n  \n# made by hand, 2026\n,,\n" + PLAIN.encode(),
    "comment as header": b"# " + PLAIN.encode(),
    "trailing commas": PLAIN.replace("\n", ",\n").encode(),
    "trailing commas in rows": PLAIN.replace("smile", "smile,,").encode(),
    "index column": b",file,label\n0,ph/a.jpg,smile\n1,ph/b.jpg,none\n",
    "numbers with a point": b"file,label\nph/a.jpg,2.0\nph/b.jpg,0.0\n",
    "filename and class": headed("filename,class"),
    "File Name": headed("File Name,label"),
    "image_path": headed("image_path,label"),
    "图片名,表情": headed("图片名,表情"),
    "路径,类别": headed("路径,类别"),
    "image_name,category": headed("image_name,category"),
    "picture,expression": headed("picture,expression"),
    "img,class_name": headed("img,class_name"),
    "chinese words": headed("文件名,标签"),
    "chinese of windows": PLAIN.replace("file,label", "文件名,标签").encode("gbk"),
    "backslashes": PLAIN.replace("/", "\\").encode(),
    "drive and other folders": PLAIN.replace("ph/", "C:\\Users\\me\\ph\\").encode(),
    "other folders above": PLAIN.replace("ph/", "/Volumes/Stick/ph/").encode(),
    "another folder of the same name": PLAIN.replace("ph/", "data/ph/").encode(),
    "upper case": PLAIN.replace("ph/a.jpg", "PH/A.JPG").encode(),
    "without suffix": PLAIN.replace(".jpg", "").encode(),
    "dots before": PLAIN.replace("ph/", "./x/../ph/").encode(),
    "bare names": PLAIN.replace("ph/", "").encode(),
    "percent-encoded": PLAIN.replace("ph/a.jpg", "file:///x/ph/%61.jpg").encode(),
    "file beside path": b"path,file,label\n/x,ph/a.jpg,smile\n/x,ph/b.jpg,none\n",
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_tables_of_other_programs_are_read(read, catalog, content):
    summary = read(content)
    assert labels(catalog) == ["smile", "none"]
    assert not any("match no picture" in note for note in summary.notes)


def test_windows_1252_text_is_read_with_a_note(read, catalog):
    notes = read("file,label,person\nph/a.jpg,smile,Müller\n".encode("cp1252")).notes
    assert get(catalog, "a").subject == "Müller"
    assert any("read as cp1252" in note for note in notes)


def test_gbk_names_are_matched_to_their_files(read, catalog, tmp_path):
    add(catalog, sample("c", source=str(tmp_path / "ph" / "张三.jpg")))
    notes = read("file,label,person\nph/张三.jpg,smile,王\n".encode("gbk")).notes
    assert mouth(catalog, "c").label == "smile"
    assert get(catalog, "c").subject == "王"
    assert any("read as gb18030" in note for note in notes)


@pytest.mark.parametrize(("here", "there"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_composed_and_decomposed_names_are_the_same(read, catalog, tmp_path, here, there):
    name = unicodedata.normalize(here, "Müller.jpg")
    add(catalog, sample("c", source=str(tmp_path / "mac" / name)))
    read(f"file,label\n{unicodedata.normalize(there, 'Müller.jpg')},pout\n".encode())
    assert mouth(catalog, "c").label == "pout"


def test_the_longest_common_path_suffix_wins(read, catalog, tmp_path):
    for folder in ("x/ph", "y/ph", "y/PH"):
        add(catalog, sample(folder.replace("/", ""), source=f"/far/{folder}/a.jpg"))
    read(b"file,label\nD:\\old\\y\\ph\\a.jpg,pout\n/old/x/PH/A.jpg,open\n")
    found = {one.name: one.label for one in catalog.mouths() if one.label}
    assert found == {"yph": "pout", "xph": "open"}


def test_rows_matched_by_path_suffix_are_reported(read):
    notes = read(PLAIN.replace("ph/", "C:\\me\\").encode()).notes
    assert any(
        "2 rows were matched by the last parts of their paths: C:\\me\\a.jpg as" in n for n in notes
    )


def test_another_folder_in_a_relative_path_is_another_file(read, catalog):
    notes = read(b"file,label\nother/a.jpg,pout\nph/b.jpg,none\n").notes
    assert labels(catalog) == [None, "none"]
    assert "other/a.jpg (line 2)" in notes[0]


BAD = {
    "two label columns": (b"file,label,label\nph/a.jpg,smile,none\n", "columns are named 'label'"),
    "label and class": (b"file,label,Class\nph/a.jpg,smile,none\n", "'label' and 'Class'"),
    "two file columns": (b"image,path\nph/a.jpg,ph/b.jpg\n", "'path' and 'image'"),
    "two tags of one name": (b"file,Age,age\nph/a.jpg,1,2\n", "2 columns are named 'Age'"),
    "no file column": (b"a;b;c\n1;2;3\n", "named file (or filename.*first line is 'a;b;c'"),
    "only comments": (b"# nothing\n\n", "the file has no rows"),
    "none matched": (
        b"file,label\nx.jpg,smile\ny.jpg,none\n",
        r"none of the 2 rows .*: x\.jpg \(line 2\), y\.jpg \(line 3\)",
    ),
    "a workbook": (b"PK\x03\x04rest", "is an Excel workbook; save it as CSV"),
    "no text": (b"\x00\x01\x02\x00\x00", "invalid Unicode"),
    "a near miss": (b"file,label\nph/a.jpg,smiles\n", "'smiles' .* did you mean smile"),
    "half a number": (b"file,label\nph/a.jpg,2.5\n", "'2.5'"),
    "a value too many": (
        b"file,label\nph/a.jpg,smile,,x\n",
        "x.csv:2: .* has no column in the header",
    ),
    "ambiguous": (b"file,label\na.jpg,smile\n", "a.jpg matches 2 pictures: .*ph/a.jpg, .*/q/a.jpg"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_an_unreadable_table_is_a_one_line_error(read, catalog, content, words):
    add(catalog, sample("q", source="/elsewhere/q/a.jpg"))
    with pytest.raises(DataError, match=words.replace("(or", r"\(or")):
        read(content)
    assert labels(catalog) == [None, None]


def test_many_unmatched_rows_are_counted(read):
    rows = "".join(f"{n}.jpg,smile\n" for n in range(20))
    (note, *_) = read((PLAIN + rows).encode()).notes
    assert note.startswith("20 of 22 rows match no picture in the catalog: 0.jpg (line 4), ")
    assert note.endswith("4.jpg (line 8) and 15 more")


def test_the_csv_file_overrides_a_folder_with_a_note(read, catalog):
    catalog.update_mouth("a", label="open", label_by="folder")
    notes = read(PLAIN.encode()).notes
    assert labels(catalog) == ["smile", "none"]
    assert (
        "a: the class folder means open, but the CSV file has smile; the CSV file takes precedence"
        in notes
    )


@pytest.fixture
def copied(tmp_path, catalog, read):
    """Add `c`, dropped as a duplicate of `a`."""
    changes = {"dropped": "duplicate", "detail": "of a", "decided_by": "dedupe"}
    add(catalog, sample("c", source=str(tmp_path / "ph/c.jpg"), **changes))
    return read


@pytest.mark.parametrize("rows", ["a.jpg,smile\nc.jpg,open", "c.jpg,open\na.jpg,smile"])
def test_disagreeing_rows_of_duplicates_give_no_label(catalog, copied, rows):
    for _ in range(2):
        notes = copied(f"file,label\n{rows}\n".encode()).notes
        assert any("its duplicate" in note and "the mouth gets no label" in note for note in notes)
        set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "pout", "folder", "x")])
        assert labels(catalog) == [None, None]


def test_a_row_of_a_duplicate_labels_the_kept_picture(catalog, copied):
    catalog.update_sample("a", dropped="near_duplicate", detail="of b", decided_by="dedupe")
    copied(b"file,label\nc.jpg,open\n")
    assert mouth(catalog, "b").label == "open"


def test_a_near_duplicate_may_have_another_label(catalog, copied):
    catalog.update_sample("c", dropped="near_duplicate")
    copied(b"file,label\na.jpg,smile\nc.jpg,open\n")
    assert labels(catalog) == ["smile", None]


def test_a_label_for_a_picture_without_a_mouth_is_reported(catalog, read, tmp_path):
    source = str(tmp_path / "wall.jpg")
    catalog.add_samples([Sample(name="d", source=source, sha256="d", original=source,
                                dropped="no_face")])  # fmt: skip
    notes = read(b"file,label\nwall.jpg,open\nph/a.jpg,smile\n").notes
    assert any("no mouth crop: wall.jpg (line 2: no_face)" in note for note in notes)


def test_unknown_rows_and_columns_are_reported(read):
    notes = read(b"file,lable\nph/a.jpg,smile\n").notes
    assert "these columns became attributes: lable" in notes
    assert any("has no column named label" in note for note in notes)
    assert "1 of 2 rows have no label" in read(b"file,label\nph/a.jpg,\nph/b.jpg,none\n").notes


def test_a_manual_label_overrides_the_csv_file_with_a_note(read, catalog):
    set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "open", USER, "x")])
    notes = read(b"file,label\nph/a.jpg,smile\n").notes
    assert any("has the label smile, but you set open" in note for note in notes)
    assert labels(catalog) == ["open", None]


def test_an_unclosed_quote_hides_no_rows(read, catalog):
    with pytest.raises(DataError, match="check the quotation marks"):
        read(b'file,label,note\nph/a.jpg,smile,"oh\nph/b.jpg,none,\n')
    assert labels(catalog) == [None, None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_list_may_have_quotes_and_any_encoding(tmp_path, encoding):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a b é.jpg").touch()
    (tmp_path / "plain.jpg").touch()
    text = '# mine\r\n"sub/a b é.jpg"\r\nsub\\a b é.jpg\r\n\r\nplain.jpg\r\nmissing\\x.jpg\r\n'
    (tmp_path / "list.txt").write_bytes(text.encode(encoding))
    one = tmp_path / "sub" / "a b é.jpg"
    assert list(read_file_list(tmp_path / "list.txt")) == [
        one, one, tmp_path / "plain.jpg", tmp_path / "missing\\x.jpg",
    ]  # fmt: skip


def test_a_backslash_in_a_file_name_is_kept(tmp_path):
    (tmp_path / "a\\b.jpg").touch()
    (tmp_path / "list.txt").write_text("a\\b.jpg\n")
    assert list(read_file_list(tmp_path / "list.txt")) == [tmp_path / "a\\b.jpg"]


def test_pipes_and_folders_are_not_read(tmp_path):
    with pytest.raises(DataError, match="not a regular file"):
        readings(tmp_path)
    with pytest.raises(DataError, match="No such file"):
        readings(tmp_path / "none.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match="the limit is"):
        readings(tmp_path / "huge.csv")
    with pytest.raises(SourceError, match="a list of files"):
        list(read_file_list(tmp_path / "huge.csv"))
