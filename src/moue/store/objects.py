"""Objects of an object store, read and written with fsspec."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moue.errors import MissingExtra, MoueError, StoreError

SCHEMES = ("s3", "gs")
"""Schemes of the URLs of object stores. `gs` was not tried."""
_OPTIONS: dict[str, dict[str, Any]] = {
    # Without `max_concurrency`, s3fs asks for the size before each read, and lists the folder of a
    # missing object.
    "s3": {"max_concurrency": 1, "use_listings_cache": False},
    "gs": {"use_listings_cache": False},
}
_NO_BUCKET = "NoSuchBucket"


@dataclass(frozen=True, slots=True, order=True)
class StoredObject:
    """An object in an object store, with the methods of `pathlib.Path` that moue uses.

    Attributes:
        url: URL of the object, such as `s3://bucket/project/images/1f2/a-1f2e3d4c5b6a.jpg`.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return os.path.splitext(self.name)[0]  # noqa: PTH122  not a local path

    def read_bytes(self) -> bytes:
        """Return the content of the object.

        Raises:
            FileNotFoundError: the object does not exist.
            StoreError: the store cannot be reached, or refuses the request.
        """
        with _explained(self.url, "read"):
            found: bytes = _filesystem(self.url).cat_file(self.url)
        return found

    def write_bytes(self, data: bytes) -> int:
        """Write the object, and return its size. Readers see the old object or the new one.

        Raises:
            StoreError: the store cannot be reached, or refuses the request.
        """
        with _explained(self.url, "write"):
            _filesystem(self.url).pipe_file(self.url, data)
        return len(data)

    def exists(self) -> bool:
        """Return whether the object exists.

        Raises:
            StoreError: the store cannot be reached, or refuses the request.
        """
        try:
            with _explained(self.url, "read"):
                # A HEAD request for a missing object would make s3fs list its folder.
                _filesystem(self.url).cat_file(self.url, start=0, end=1)
        except FileNotFoundError:
            return False
        return True

    def unlink(self, missing_ok: bool = True) -> None:
        """Delete the object.

        Raises:
            FileNotFoundError: the object does not exist, and `missing_ok` is False.
            StoreError: the store cannot be reached, or refuses the request.
        """
        if not missing_ok and not self.exists():
            raise FileNotFoundError(self.url)
        try:
            with _explained(self.url, "delete"):
                _filesystem(self.url).rm_file(self.url)
        except FileNotFoundError:
            return


def is_url(text: str) -> bool:
    """Return whether a text is the URL of an object, and not the path of a file."""
    return "://" in text  # the text of a `pathlib.Path` contains no double slash


def _filesystem(url: str) -> Any:
    scheme = url.partition("://")[0]
    try:
        import fsspec

        return fsspec.filesystem(scheme, **_OPTIONS[scheme])
    except ImportError as error:
        if scheme == "s3":
            raise MissingExtra(f"the store {url}", "store") from error
        raise StoreError(f"{url}: this store needs the package gcsfs; install it") from error


@contextmanager
def _explained(url: str, action: str) -> Iterator[None]:
    """Convert the errors of fsspec and its backends to StoreError; a missing object stays one."""
    try:
        yield
    except MoueError:
        raise
    except FileNotFoundError as error:
        if action == "read" and _code(error) != _NO_BUCKET:
            raise FileNotFoundError(2, "the object does not exist", url) from error
        if action == "delete" and _code(error) != _NO_BUCKET:
            raise
        raise StoreError(
            f"{url}: the bucket {_bucket(url)} does not exist; create it, or correct `store` in "
            "moue.toml"
        ) from error
    except PermissionError as error:
        raise StoreError(
            f"{url}: the store refuses access ({_line(error)}); check the credentials and the "
            "policy of the bucket"
        ) from error
    except Exception as error:
        if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
            raise StoreError(
                f"{url}: no credentials for the store; set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or write them to ~/.aws/credentials"
            ) from error
        raise StoreError(
            f"{url}: the request to the store failed ({_line(error)}); check the network and the "
            "address of the store, then run the same command again"
        ) from error


def _code(error: BaseException) -> str:
    """Return the error code of S3 that caused an error, such as `NoSuchKey`; "" if unknown."""
    response = getattr(error.__cause__, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) else ""


def _bucket(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
