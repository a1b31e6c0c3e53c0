"""Running a stage over the catalog: what is common to all pixel and all decision stages.

A pixel stage is a picklable function from one job to one result. It may run in any process
and touches no catalog; only the parent renames what was staged and writes rows, a few at a time,
in the order of the samples. That order makes a run that was killed and started again end as if
it had not been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from moue.files import Staged
from moue.parallel import parallel_map
from moue.progress import Progress
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.owned_files import publish
from moue.workspace.types import PERSON, Mouth, Sample

Job = TypeVar("Job")
Result = TypeVar("Result")

_COMMIT_EVERY = 64


def run_pixels(
    what: str,
    jobs: Iterable[Job],
    total: int,
    function: Callable[[Job], Result],
    save: Callable[[Result], None],
    catalog: Catalog,
    workers: int,
    progress: Progress,
    files: Callable[[Result], Sequence[Staged]] = lambda _: (),
) -> int:
    """Apply a pixel stage to its jobs and save the results, 64 to a transaction.

    Args:
        files: gives what a result has staged. It is in its place, and on the disk, before the
            rows say that it is done.

    Raises:
        FileTaken: a place holds a file that moue did not write.

    Returns:
        How many jobs were done.
    """
    done = 0
    results = progress.track(parallel_map(function, jobs, workers, total), what, total)
    for batch in _batches(results):
        publish(catalog, [file for result in batch for file in files(result)])
        with catalog.transaction():
            for result in batch:
                save(result)
        done += len(batch)
    return done


def set_dropped(
    catalog: Catalog, sample: Sample, reason: str | None, by: str, why: str | None = None
) -> bool:
    """Set or lift the drop reason of a sample, and write the decision down.

    A person's verdict outranks a stage's; an unchanged one, with the same `why`, is not
    written again.

    Returns:
        Whether something changed.
    """
    if sample.decided_by == PERSON and by != PERSON:
        return False
    if reason is None and sample.dropped is None:
        return False
    if (sample.dropped, sample.decided_by, sample.detail) == (reason, by, why):
        return False
    decided_by = by if reason is not None or by == PERSON else None
    catalog.update_sample(sample.name, dropped=reason, detail=why, decided_by=decided_by)
    catalog.decide([Decision(sample.name, "dropped", sample.dropped, reason, by, why)])
    return True


def set_mouth_dropped(catalog: Catalog, mouth: Mouth, reason: str | None, why: str) -> bool:
    """Set or lift the drop reason of one mouth by a person's word; see `set_dropped`."""
    if mouth.dropped == reason:
        return False
    catalog.update_mouth(mouth.name, dropped=reason, decided_by=PERSON)
    catalog.decide([Decision(mouth.name, "dropped", mouth.dropped, reason, PERSON, why)])
    return True


def _batches(items: Iterator[Result]) -> Iterator[list[Result]]:
    while batch := list(islice(items, _COMMIT_EVERY)):
        yield batch
