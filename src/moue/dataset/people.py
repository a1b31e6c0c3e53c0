"""Suggest the subjects of pictures from clusters of face embeddings, for the user to confirm.

Face embeddings are biometric data, so they stay in memory and are never written. The results are a
CSV file and contact sheets; the catalog does not change.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.dataset import contact_sheets
from moue.dataset.contact_sheets import Tile, thumbnail
from moue.dataset.near_embeddings import Embeddings
from moue.dataset.subject_clusters import find_subjects, mean_similarities
from moue.errors import ConfigError, FileTaken, ImageError
from moue.face.backends import FaceSettings
from moue.face.embedding import SIZE, Embedding, embedder
from moue.files import to_csv
from moue.media.draw import sheet_text
from moue.media.image import read_image
from moue.model.licence import ADVICE
from moue.progress import Summary
from moue.store import Location, stage_text
from moue.text import printable
from moue.workspace.catalog import Catalog, batched
from moue.workspace.columns import Numbers, read_samples, samples_with_faces
from moue.workspace.context import Context
from moue.workspace.owned_files import publish
from moue.workspace.queries import has_subject
from moue.workspace.recorded_files import wrote
from moue.workspace.types import Face

FOLDER = "people"


_PAGE = 500
"""Number of rows of the table that are written at a time."""
_SHOWN = contact_sheets.MAX_PAGES * contact_sheets.ROWS
"""Maximum number of subjects on the contact sheets."""


@dataclass(frozen=True, slots=True)
class Person:
    """A suggested subject.

    Attributes:
        name: Name of the subject.
        samples: (S,) row numbers of the pictures of the subject, the most typical first.
        similarity: (S,) mean similarity of each picture to the other pictures of the subject: 1
            minus the mean Euclidean distance of the embeddings.
        size: Number of pictures; larger than S if only some are kept.
    """

    name: str
    samples: Numbers
    similarity: npt.NDArray[np.float32]
    size: int

    def shown(self) -> Person:
        """Return the subject with the pictures on its contact sheet.

        These are the most typical pictures, then the least typical picture.
        """
        columns = contact_sheets.COLUMNS
        if self.size <= columns:
            return self
        chosen = [*range(columns - 1), self.size - 1]
        return replace(self, samples=self.samples[chosen], similarity=self.similarity[chosen])


def embed(job: tuple[Location, Face]) -> Embedding | str:
    """Return the (SIZE,) embedding of a face, or an error message if the picture is unreadable.

    Args:
        job: Place of the converted picture, and the face.
    """
    picture, face = job
    try:
        return embedder()(read_image(picture), face)
    except (ImageError, OSError) as error:
        return f"{picture.name}: {error}; run `moue convert` to convert the picture again"


def suggest_people(context: Context) -> Summary:
    """Cluster the main faces of the pictures in use, and write the clusters for the user to check.

    Pictures with a known subject keep it; a cluster has the name of its most frequent subject.

    Returns:
        Summary whose files are `reports/people/people.csv` and the contact sheets.

    Raises:
        ConfigError: the licence is `free`, which excludes dlib's recognition model.
        MissingExtra: dlib is not installed.
        FileTaken: people.csv was edited, and the edits would be lost.
    """
    workspace, catalog = context.workspace, context.catalog
    if context.config.get(FaceSettings).licence == "free":
        raise ConfigError(
            "`--licence free` excludes face recognition, since dlib's model was trained on "
            "research-only pictures; list the subjects in a CSV file for `moue label --csv`, or "
            f"{ADVICE}"
        )
    table = workspace.reports / FOLDER / "people.csv"
    if os.path.lexists(table) and not wrote(catalog, table):
        raise FileTaken(
            f"{table}: the file has changed since moue wrote it; apply it with `moue label --csv`, "
            "then move or delete the file and run the same command again"
        )
    embedder()  # a missing extra is an error before any work
    numbers, embeddings = _embedded(context)
    found = _Table(catalog)
    staged = stage_text(
        table, found.text(_people(catalog, numbers, embeddings)), FOLDER, parts=workspace.parts
    )
    try:
        contact_sheets.remove_sheets(context, FOLDER)
    except BaseException:
        staged.discard()
        raise
    summary = Summary(
        stage="people",
        done=len(numbers),
        counts={"people": found.people, "pictures": found.pictures},
    )
    if not found.people:
        staged.discard()
        summary.notes.append("no two pictures have similar faces, so no subject is suggested")
        return summary
    publish(catalog, [staged])
    csv_path, root = shlex.quote(printable(table)), shlex.quote(printable(workspace.root))
    summary.notes += [
        "check the contact sheets and correct people.csv, then confirm the subjects with:",
        f"moue label --csv {csv_path} -w {root}",
    ]
    summary.files = [table, *_sheets(context, found)]
    return summary


def _embedded(context: Context) -> tuple[Numbers, Embeddings]:
    """Return the row numbers of the samples whose main face has an embedding, (N,).

    Also return their embeddings, (N, SIZE).
    """
    numbers = samples_with_faces(context.catalog)
    samples = read_samples(context.catalog, numbers)
    jobs = ((context.place.image(s.name), (s.faces or ())[0]) for s in samples)
    results = context.engine.map(embed, jobs, len(numbers))
    embeddings = np.empty((len(numbers), SIZE), np.float32)
    kept = 0
    tracked = context.progress.track(results, "people", len(numbers))
    for number, result in zip(numbers.copy(), tracked, strict=True):
        if isinstance(result, str):
            context.progress.say(result)
            continue
        numbers[kept], embeddings[kept] = number, result
        kept += 1
    return numbers[:kept], embeddings[:kept]


def _people(catalog: Catalog, numbers: Numbers, embeddings: Embeddings) -> Iterator[Person]:
    """Yield a named subject for each cluster of two or more pictures, largest cluster first."""
    free_names = (
        name for number in count(1) if not has_subject(catalog, name := f"person-{number:03d}")
    )
    for members in find_subjects(embeddings):
        # Clusters are sorted by size, so only single pictures follow.
        if len(members) < 2:
            break
        similarity = mean_similarities(embeddings, members)
        order = np.argsort(-similarity, kind="stable")
        samples = numbers[members[order]]
        subjects = (one.subject for one in read_samples(catalog, samples))
        known = Counter(subject for subject in subjects if subject).most_common(1)
        name = known[0][0] if known else next(free_names)
        yield Person(name, samples, similarity[order], len(samples))


class _Table:
    """The table of the suggested subjects.

    Attributes:
        people, pictures: Number of subjects and of their pictures so far.
        shown: The first subjects, with the pictures on their contact sheet.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.people = self.pictures = 0
        self.shown: list[Person] = []

    def text(self, people: Iterable[Person]) -> Iterator[str]:
        """Yield the text of people.csv: one row for each picture, with the name of its subject."""
        yield to_csv([("file", "subject", "similarity")])
        for person in people:
            for page in batched(self._rows(person), _PAGE):
                yield to_csv(page)
            self.people += 1
            self.pictures += person.size
            if len(self.shown) < _SHOWN:
                self.shown.append(person.shown())

    def _rows(self, person: Person) -> Iterator[tuple[str, str, str]]:
        samples = read_samples(self._catalog, person.samples)
        for sample, similarity in zip(samples, person.similarity, strict=True):
            yield printable(sample.source), sample.subject or person.name, f"{similarity:.2f}"


def _sheets(context: Context, found: _Table) -> Iterator[Path]:
    shown = found.shown
    title = sheet_text(
        "Suggested subjects, one in each row, and more in people.csv"
        if found.people > len(shown)
        else "Suggested subjects, one in each row"
    )
    rows = (_row(context, one) for one in context.progress.track(shown, "sheet people", len(shown)))
    stem = context.workspace.reports / FOLDER / "people"
    return contact_sheets.draw_rows(context, stem, title, rows, len(shown))


def _row(context: Context, person: Person) -> list[Tile]:
    """Return the tiles of a subject with the pictures to show."""
    tiles: list[Tile] = []
    samples = read_samples(context.catalog, person.samples)
    for position, sample in enumerate(samples):
        similarity = f"{person.similarity[position]:.2f}"
        first = sheet_text("{name}, {n} pictures", name=person.name, n=person.size)
        caption = similarity if position else first
        tiles.append((thumbnail(context.workspace, sample), f"{sample.name}\n{caption}"))
    return tiles
