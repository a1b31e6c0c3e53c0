"""Suggest the subjects of pictures from clusters of face embeddings, for the user to confirm.

Face embeddings are biometric data, so they stay in memory and are never written. The results are a
CSV file and contact sheets; the catalog does not change.
"""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from moue.dataset import contact_sheets
from moue.dataset.contact_sheets import Tile, thumbnail
from moue.dataset.subject_clusters import find_subjects, mean_similarities
from moue.errors import ConfigError, FileTaken, ImageError
from moue.face.backends import FaceSettings
from moue.face.embedding import SIZE, Embedding, embedder
from moue.media.draw import sheet_text
from moue.media.image import read_image
from moue.model.licence import ADVICE
from moue.progress import Summary
from moue.store import Location
from moue.text import printable
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.owned_files import put_text
from moue.workspace.recorded_files import wrote
from moue.workspace.types import Face, Sample

FOLDER = "people"


@dataclass(frozen=True, slots=True)
class Person:
    """A suggested subject.

    Attributes:
        name: Name of the subject.
        samples: Pictures of the subject, the most typical first.
        similarity: Mean similarity of each picture to the other pictures of the subject: 1 minus
            the mean Euclidean distance of the embeddings.
    """

    name: str
    samples: tuple[Sample, ...]
    similarity: tuple[float, ...]


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
    samples, embeddings = _embedded(context)
    people = _people(catalog, samples, embeddings)
    contact_sheets.remove_sheets(context, FOLDER)
    summary = Summary(
        stage="people",
        done=len(samples),
        counts={"people": len(people), "pictures": sum(len(person.samples) for person in people)},
    )
    if not people:
        summary.notes.append("no two pictures have similar faces, so no subject is suggested")
        return summary
    put_text(catalog, table, _csv(people), FOLDER)
    csv_path, root = shlex.quote(printable(table)), shlex.quote(printable(workspace.root))
    summary.notes += [
        "check the contact sheets and correct people.csv, then confirm the subjects with:",
        f"moue label --csv {csv_path} -w {root}",
    ]
    summary.files = [table, *_sheets(context, people)]
    return summary


def _embedded(context: Context) -> tuple[list[Sample], np.ndarray]:
    """Return the samples whose main face has an embedding, and (N, SIZE) float32 embeddings."""
    samples = list(queries.samples_with_faces(context.catalog))
    jobs = ((context.place.image(s.name), (s.faces or ())[0]) for s in samples)
    results = context.engine.map(embed, jobs, len(samples))
    embedded: list[Sample] = []
    embeddings: list[Embedding] = []
    tracked = context.progress.track(results, "people", len(samples))
    for sample, result in zip(samples, tracked, strict=True):
        if isinstance(result, str):
            context.progress.say(result)
            continue
        embedded.append(sample)
        embeddings.append(result)
    return embedded, np.array(embeddings, np.float32).reshape(-1, SIZE)


def _people(catalog: Catalog, samples: Sequence[Sample], embeddings: np.ndarray) -> list[Person]:
    """Return a named subject for each cluster of two or more pictures, largest cluster first."""
    used_names = queries.subjects(catalog)
    free_names = (name for number in count(1) if (name := f"person-{number:03d}") not in used_names)
    people = []
    for members in find_subjects(embeddings):
        # Clusters are sorted by size, so only single pictures follow.
        if len(members) < 2:
            break
        similarity = mean_similarities(embeddings[members])
        order = sorted(range(len(members)), key=lambda i: (-similarity[i], i))
        group = tuple(samples[members[i]] for i in order)
        known = Counter(one.subject for one in group if one.subject).most_common(1)
        name = known[0][0] if known else next(free_names)
        people.append(Person(str(name), group, tuple(similarity[i] for i in order)))
    return people


def _csv(people: Sequence[Person]) -> str:
    """Return the text of people.csv: one row for each picture, with the name of its subject."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "subject", "similarity"])
    for person in people:
        for sample, similarity in zip(person.samples, person.similarity, strict=True):
            name = sample.subject or person.name
            table.writerow([printable(sample.source), name, f"{similarity:.2f}"])
    return text.getvalue()


def _sheets(context: Context, people: Sequence[Person]) -> Iterator[Path]:
    shown = people[: contact_sheets.MAX_PAGES * contact_sheets.ROWS]
    title = sheet_text(
        "Suggested subjects, one in each row, and more in people.csv"
        if len(people) > len(shown)
        else "Suggested subjects, one in each row"
    )
    rows = (_row(context, one) for one in context.progress.track(shown, "sheet people", len(shown)))
    stem = context.workspace.reports / FOLDER / "people"
    return contact_sheets.draw_rows(context, stem, title, rows, len(shown))


def _row(context: Context, person: Person) -> list[Tile]:
    """Return the tiles of a subject: the most typical pictures, then the least typical picture."""
    size = len(person.samples)
    columns = contact_sheets.COLUMNS
    shown = list(range(size)) if size <= columns else [*range(columns - 1), size - 1]
    tiles: list[Tile] = []
    for position, index in enumerate(shown):
        sample = person.samples[index]
        similarity = f"{person.similarity[index]:.2f}"
        first = sheet_text("{name}, {n} pictures", name=person.name, n=size)
        caption = similarity if position else first
        tiles.append((thumbnail(context.workspace, sample), f"{sample.name}\n{caption}"))
    return tiles
