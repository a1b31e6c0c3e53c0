"""A Parquet list of pictures is predicted into one Parquet file, in parts that survive a kill."""

from __future__ import annotations

import json
import shutil

import pytest

from commands import call, is_killed
from full_disk import NO_LIMIT, full_disk
from moue.predict import bulk

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402  after the check


def write(file, **columns):
    parquet.write_table(pyarrow.table(columns), file, row_group_size=3)
    return file


def rows(path):
    return parquet.read_table(path).to_pylist()


@pytest.fixture
def pictures(photo, group, tmp_path):
    """A folder with two pictures and a file that is no picture."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(photo, folder / "one.jpg")
    shutil.copy(group, folder / "two.png")
    (folder / "no.jpg").write_text("no picture")
    return folder


@pytest.fixture
def listed(pictures, tmp_path):
    """A list of seven rows in three groups of rows."""
    names = ["in/one.jpg", "in/two.png", "in/no.jpg", "", "in/one.jpg", "in/gone.jpg", "in/one.jpg"]
    return write(tmp_path / "list.parquet", id=list(range(7)), path=names)


def predict(model, source, out, *more):
    return call("predict", source, "--out", out, "--model", model, "--workers", 1, *more)


def test_every_row_of_the_list_has_rows_in_its_order(model, listed, tmp_path, capsys):
    assert predict(model, listed, tmp_path / "out.parquet") == 0
    assert (
        "out.parquet: predicted 5 faces in 7 pictures (3 could not be read)\n"
        in capsys.readouterr().out
    )
    found = rows(tmp_path / "out.parquet")
    assert [(row["row"], row["face"]) for row in found] == [
        (0, 0), (1, 0), (1, 1), (2, None), (3, None), (4, 0), (5, None), (6, 0)
    ]  # fmt: skip
    assert [row["file"] for row in found[:3]] == ["in/one.jpg", "in/two.png", "in/two.png"]
    assert "not_an_image" in found[3]["error"]
    assert found[4]["error"] == "the row of the list is empty"
    face = found[0]
    assert face["label"] in ("none", "pout", "smile", "open")
    assert sum(face[f"p_{name}"] for name in ("none", "pout", "smile", "open")) == pytest.approx(
        1, abs=0.001
    )
    assert face["x1"] > face["x0"]
    assert face["opening"] is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "list.parquet", "out.parquet"]


def test_bytes_and_paths_give_the_same_predictions(model, pictures, listed, tmp_path):
    names = ["one.jpg", "two.png"]
    data = [(pictures / name).read_bytes() for name in names]
    structs = [{"bytes": one, "path": name} for one, name in zip(data, names, strict=True)]
    found = []
    for number, columns in enumerate(
        ({"image": structs}, {"picture": data}, {"x": [f"in/{name}" for name in names]})
    ):
        source = write(tmp_path / f"l{number}.parquet", **columns)
        out = tmp_path / f"o{number}.parquet"
        assert predict(model, source, out, "--column", next(iter(columns))) == 0
        found.append([row | {"file": ""} for row in rows(out)])
    assert found[0] == found[1] == found[2]


def test_the_exported_data_set_is_a_list(model, tmp_path):
    from labelled_workspace import export, fill, opened

    with opened(tmp_path / "w") as context:
        fill(context)
        export(context, "parquet", tmp_path / "data")
    assert predict(model, tmp_path / "data" / "train-00000.parquet", tmp_path / "o.parquet") == 0
    assert len(rows(tmp_path / "o.parquet")) == 2


@pytest.mark.slow
def test_a_killed_call_continues_and_gives_the_same_file(model, listed, tmp_path):
    expected = tmp_path / "expected.parquet"
    assert predict(model, listed, expected) == 0
    out, setup = tmp_path / "out.parquet", "import moue.predict.bulk as b; b.PART_ROWS = 2"
    arguments = ("predict", listed, "--out", out, "--model", model, "--workers", 1)
    parts, complete = bulk.parts_folder(out), [0]
    for left in (4, 7, 6, 5, 6, 7, 8, 9):
        if not is_killed(left, *arguments, setup=setup):
            break
        if not out.exists():
            complete.append(len(list(parts.glob("part-*.parquet"))))
    assert complete == sorted(complete)
    assert len(set(complete)) > 2
    if parts.exists():
        assert not is_killed(10_000, *arguments, setup=setup)
    assert rows(out) == rows(expected)
    assert not parts.exists()


def test_finished_parts_are_not_predicted_again(model, listed, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bulk, "PART_ROWS", 2)
    done = []

    class Stopped(BaseException):
        pass

    real = bulk._predict

    def stops(recipe, picture):
        done.append(picture.name)
        if len(done) == 6:
            raise Stopped
        return real(recipe, picture)

    monkeypatch.setattr(bulk, "_predict", stops)
    with pytest.raises(Stopped):
        predict(model, listed, tmp_path / "out.parquet")
    assert predict(model, listed, tmp_path / "out.parquet", "--json") == 0
    assert done[6:] == ["in/one.jpg", "in/gone.jpg", "in/one.jpg"]
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (counts["pictures"], counts["earlier"], counts["errors"]) == (7, 4, 1)
    assert [row["row"] for row in rows(tmp_path / "out.parquet")] == [0, 1, 1, 2, 3, 4, 5, 6]


def test_parts_of_another_list_are_not_mixed(model, listed, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bulk, "PART_ROWS", 2)
    out = tmp_path / "out.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "merge_parquet", lambda *_: 1 / 0)
        assert predict(model, listed, out) == 1
    write(listed, path=["in/one.jpg"])
    capsys.readouterr()
    assert predict(model, listed, out) == 1
    assert "has results of another list, model or setting" in capsys.readouterr().err
    assert predict(model, listed, out, "--overwrite") == 0
    assert len(rows(out)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["l.parquet"], "name the output file with --out"),
        (["l.parquet", "x.jpg", "--out", "o.parquet"], "--out needs one list"),
        (["x.jpg", "--out", "o.parquet"], "--out needs one list"),
        (["l.parquet", "--out", "o.csv"], "must end in .parquet"),
        (["l.parquet", "--out", "o.parquet", "--every", "2"], "do not work with a Parquet list"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments, words, capsys):
    assert call("predict", *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_list_without_pictures_is_an_error(model, tmp_path, capsys):
    source = write(tmp_path / "l.parquet", number=[1, 2])
    assert predict(model, source, tmp_path / "o.parquet") == 1
    assert "no column of pictures was found; name it with --column: number" in (
        capsys.readouterr().err
    )  # fmt: skip
    assert predict(model, source, tmp_path / "o.parquet", "--column", "number") == 1
    assert "has the type int64" in capsys.readouterr().err
    empty = write(tmp_path / "e.parquet", path=pyarrow.array([], pyarrow.string()))
    assert predict(model, empty, tmp_path / "o.parquet") == 0
    assert rows(tmp_path / "o.parquet") == []


def damaged_list(path):
    """Write a Parquet file whose rows are damaged, and whose end is intact."""
    write(path, path=[f"in/{number}.jpg" for number in range(5000)])
    data = bytearray(path.read_bytes())
    data[20:400] = bytes(380)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, ": no such file; check the path of the list"),
        (lambda path: path.mkdir(), " is a folder; name a Parquet file"),
        (lambda path: path.touch(), " is not a Parquet file, or is damaged; restore a copy"),
        (lambda path: path.write_text("a picture list"), " is not a Parquet file, or is damaged"),
        (lambda path: path.write_bytes(b"PAR1" + bytes(9)), " is not a Parquet file"),
        (damaged_list, " is not a Parquet file, or is damaged; restore a copy"),
    ],
)
def test_an_unreadable_list_is_told_without_words_of_the_library(
    model, make, words, tmp_path, capsys
):
    source = tmp_path / "名单 一.parquet"
    make(source)
    assert predict(model, source, tmp_path / "o.parquet") == 1
    error = capsys.readouterr().err
    assert f"moue: {source}{words}" in error
    assert not any(word in error for word in ("rrno", "etail", "ParquetFile", "footer", "magic"))
    assert not (tmp_path / "o.parquet").exists()


@NO_LIMIT
def test_a_full_disk_names_the_output_file(model, listed, tmp_path, capsys):
    with full_disk(600):
        code = predict(model, listed, tmp_path / "out.parquet")
    assert code == 1
    error = capsys.readouterr().err
    assert f"{tmp_path / 'out.parquet.parts' / 'part-000000.parquet'}: File too large" in error
    assert "etail" not in error


def test_an_existing_file_is_not_replaced(model, listed, tmp_path):
    out = tmp_path / "out.parquet"
    out.write_text("mine")
    assert predict(model, listed, out) == 1
    assert out.read_text() == "mine"
    assert not bulk.parts_folder(out).exists()


def test_a_name_that_no_file_can_have_is_one_row_with_an_error(model, pictures, tmp_path):
    listed = write(tmp_path / "odd.parquet", path=["a\0b.jpg", "in/one.jpg"])
    assert predict(model, listed, tmp_path / "out.parquet") == 0
    first, second = rows(tmp_path / "out.parquet")
    assert first["error"]
    assert second["label"]
