"""From a URL to a picture file: what the threads do. They touch no catalog."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.http.fetch_error import FetchError, printable
from moue.dataset.collect.http.http_client import IMAGES, HttpClient
from moue.dataset.collect.register_files import sample_name
from moue.errors import ImageError
from moue.files import Staged, stage
from moue.media.image import header

SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif"}
"""The suffix by format, where it is not the format's own name."""
PictureFilter = Callable[[bytes], bool]
"""Whether a picture, given as its bytes, is wanted. Asked for one at a time."""

# Pillow's warnings are silenced for the whole process, and a face finder has one state.
_ONE_BY_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Download:
    """What came of one URL: a part file beside its place, or a reason.

    Attributes:
        file: the bytes, not yet under their own name; the parent renames or removes the part.
        type: the Content-Type as stated.
    """

    found: Candidate
    reason: str | None = None
    detail: str = ""
    name: str = ""
    sha256: str = ""
    type: str | None = None
    file: Staged | None = None


def download(
    client: HttpClient, found: Candidate, engine: str, folder: Path, look: PictureFilter | None
) -> Download:
    """Fetch one picture, check it, and write it beside its place in `folder`.

    What it is, its bytes tell; neither the URL nor the server's word goes into its name.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        answer = client.get(found.url, IMAGES)
        with _ONE_BY_ONE:
            form, _, _ = header(answer.body, client.settings.max_pixels)
            if look is not None and not look(answer.body):
                return Download(found, "no_face")
    except FetchError as failure:
        return Download(found, failure.reason, failure.detail)
    except ImageError as error:
        return Download(found, error.reason, error.detail)
    sha256 = hashlib.sha256(answer.body).hexdigest()
    name = sample_name(Path(engine), found.url, sha256)
    target = folder / (name + SUFFIXES.get(form, f".{form.lower()}"))
    file = stage(target, answer.body, name, readonly=True)
    return Download(found, None, "", name, sha256, printable(answer.type) or None, file)
