"""Objects are read and written over HTTP, and errors say what to do."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from moue.errors import ConfigError, StoreError
from moue.store import Store, StoredObject, exists, sha256_of, stage


def store(bucket, tmp_path):
    return Store.parse(f"s3://{bucket}/project", tmp_path)


def test_an_object_is_written_read_and_deleted(bucket, tmp_path):
    place = store(bucket, tmp_path).file("images/1f2/ana 名.jpg")
    assert not exists(place)
    with pytest.raises(FileNotFoundError) as caught:
        place.read_bytes()
    assert caught.value.filename == place.url
    place.write_bytes(b"first")
    place.write_bytes(b"second")
    assert place.read_bytes() == b"second"
    assert copy.copy(place).exists()
    assert sha256_of(place).startswith("16367aacb67a")
    place.unlink()
    place.unlink()
    assert not place.exists()
    with pytest.raises(FileNotFoundError):
        place.unlink(missing_ok=False)


def test_no_request_lists_the_store(s3, bucket, tmp_path):
    place = store(bucket, tmp_path).file("images/1f2/a.jpg")
    place.exists()
    place.write_bytes(b"x" * 9_000_000)
    place.exists()
    assert len(place.read_bytes()) == 9_000_000
    place.unlink()
    paths = [path for _, path in s3.requests]
    assert paths == [f"/{bucket}/project/images/1f2/a.jpg"] * 5


def test_a_missing_bucket_is_named(s3, tmp_path):
    place = Store.parse("s3://no-such-bucket-here", tmp_path).file("images/a.jpg")
    for action in (place.read_bytes, place.exists, lambda: place.write_bytes(b"a")):
        with pytest.raises(StoreError, match="bucket no-such-bucket-here does not exist"):
            action()


def test_a_refusal_is_named(s3, bucket, tmp_path):
    place = store(bucket, tmp_path).file("images/a.jpg")
    s3.refused = lambda method, path: 403
    with pytest.raises(StoreError, match=r"images/a\.jpg: the store refuses access"):
        place.write_bytes(b"a")
    with pytest.raises(StoreError, match="credentials"):
        place.read_bytes()


def test_an_unreachable_store_is_named(s3, bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3.forget_connections()
    with pytest.raises(StoreError, match=r"request to the store failed .* check the network"):
        store(bucket, tmp_path).file("images/a.jpg").read_bytes()


def test_missing_credentials_are_named(s3, bucket, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    s3.forget_connections()
    with pytest.raises(StoreError, match=r"no credentials|refuses access"):
        store(bucket, tmp_path).file("images/a.jpg").write_bytes(b"a")


def test_a_staged_file_is_uploaded_when_it_is_published(bucket, tmp_path):
    from moue.store import move_into_place

    place, parts = store(bucket, tmp_path).file("originals/a.jpg"), tmp_path / ".parts"
    waiting = stage(place, b"a", parts=parts)
    assert not place.exists()
    move_into_place([waiting])
    assert place.read_bytes() == b"a"
    assert list(parts.iterdir()) == []
    stage(place, b"b", parts=parts).discard()
    assert place.read_bytes() == b"a"
    assert stage(place, b"c", parts=parts, at_once=True).part is None
    assert place.read_bytes() == b"c"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://host/a", "path of a folder"), ("s3://", "path of a folder"),
        ("s3://key:secret@bucket/a", "credentials"), ("s3://bucket/a?versionId=1", "credentials"),
        ("s3://bucket/../b", "only a bucket"), ("s3://bucket//b", "only a bucket"),
        ("file://a/b", "three slashes"),
    ],
)  # fmt: skip
def test_other_stores_are_refused(text, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        Store.parse(text, tmp_path)


def test_the_setting_names_a_folder_or_a_url(tmp_path):
    assert Store.parse("", tmp_path) == Store.in_folder(tmp_path)
    assert Store.parse("../other", tmp_path / "w").root == tmp_path / "other"
    assert Store.parse("file:///mnt/a%20b", tmp_path).root == Path("/mnt/a b")
    found = Store.parse("s3://bucket/project/", tmp_path)
    assert found.file("images/a.jpg") == StoredObject("s3://bucket/project/images/a.jpg")
    assert found.key(found.file("images/a.jpg")) == "images/a.jpg"
    assert found.key(StoredObject("s3://bucket/projects/a")) is None
    assert found.key(tmp_path / "images") is None
    assert found.parts == tmp_path / ".parts"
