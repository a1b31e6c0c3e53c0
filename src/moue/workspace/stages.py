"""Run pixel stages, and set drop reasons.

A pixel stage computes a result from the pixels of each sample. Its work function is picklable, runs
in any process and does not use the catalog. Only the parent process moves staged files and writes
rows, in the order of the samples. So a stage that was killed gives the same result when it runs
again.

On a cluster, one parent process feeds hundreds of workers. So it sends them rows of the catalog as
they are, and writes the rows of many results with one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from moue.store import Staged, synced
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.context import Context
from moue.workspace.owned_files import publish
from moue.workspace.stage_rows import Row, pending_rows
from moue.workspace.types import USER, Mouth, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelResult:
    """The result for one sample; base class of the results of all stages.

    Attributes:
        name: name of the sample.
        error: error message if the converted picture could not be read, else None.
        files: staged files, which are published before the rows are written.
    """

    name: str
    error: str | None = None
    files: tuple[Staged, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # The default for a frozen dataclass with slots takes ten times as long.
        return _restored, (type(self), *(getattr(self, name) for name in _names_of(type(self))))


Result = TypeVar("Result", bound=PixelResult)

CRASHED = "the process that read this picture crashed: the file is damaged, or the memory was full"
"""Error of a sample that crashed its worker process."""
_COMMIT_EVERY = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelStage(Generic[Result]):
    """A stage that processes every sample not yet processed with the current settings.

    Attributes:
        name: name of the stage in the table `steps` and on the progress bar.
        key: fingerprint of the settings; a sample with another key is processed again.
        where: SQL condition on the samples to process.
        columns: columns of the table `samples` that the work function needs; the first is `name`.
        work: picklable function from a row with these columns to its result.
        save: function that writes the rows of a batch of results, and returns the names of the
            samples that finished each step.
        crashed: function from the name of a sample that crashed its worker process to its result.
        select: function that returns the row to process, possibly with further values, or None to
            skip the sample.
        reads: further folders that the work function reads, outside the workspace.
        replaces: steps whose files the work function replaces.
    """

    name: str
    key: str
    where: str
    columns: tuple[str, ...]
    work: Callable[[Row], Result]
    save: Callable[[Sequence[Result]], Mapping[str, Sequence[str]]]
    crashed: Callable[[str], Result]
    select: Callable[[Row], Row | None] | None = None
    reads: Sequence[Path] = ()
    replaces: Sequence[str] = ()

    def run(self, context: Context) -> int:
        """Process all pending samples, 64 per transaction; return the number of processed samples.

        Raises:
            FileTaken: an output path is a file that moue does not own.
        """
        catalog, done = context.catalog, 0
        if context.workspace.store.is_object_store:
            # Workers replace objects before the driver writes the rows. If this command is killed,
            # the steps must not count as done with their earlier settings.
            self._forget_outdated(catalog)
        total, rows = pending_rows(catalog, self.name, self.key, self.columns, self.where)
        engine = context.engine
        with context.node_probe() as files:
            results = engine.map(
                _Work(self.work), self._selected(rows), total,
                lambda row: self.crashed(row[0]), reads=[*files, *self.reads],
            )  # fmt: skip
            tracked = context.progress.track(results, self.name, total, engine.describe)
            for batch in _batches(tracked):
                self._publish(context, batch)
                done += len(batch)
        if engine.is_remote:  # of samples that a lost node did not finish
            context.workspace.remove_parts()
        return done

    def run_one(self, context: Context, name: str) -> None:
        """Process one sample in this process, whether it is pending or not.

        Raises:
            FileTaken: an output path is a file that moue does not own.
        """
        rows = context.catalog.sample_rows(self.columns, "name = ?", [name])
        for row in self._selected(rows):
            self._publish(context, [self.work(row)])

    def _selected(self, rows: Iterator[Row]) -> Iterator[Row]:
        select = self.select
        if select is None:
            return rows
        return (found for row in rows if (found := select(row)) is not None)

    def _forget_outdated(self, catalog: Catalog) -> None:
        for stage in self.replaces:
            catalog.execute(
                "DELETE FROM steps WHERE stage = ? AND key <> ? AND name IN "
                f"(SELECT name FROM samples WHERE {self.where})",
                [stage, self.key],
            )

    def _publish(self, context: Context, batch: Sequence[Result]) -> None:
        """Move the files of a batch into place, and write its rows."""
        staged = (file for result in batch for file in result.files)
        publish(
            context.catalog, context.workspace.from_nodes(staged),
            then=lambda: self._save(context, batch),
        )  # fmt: skip

    def _save(self, context: Context, batch: Sequence[Result]) -> None:
        for result in batch:
            if result.error is not None:
                context.progress.say(f"{result.name}: {result.error}; run `moue convert` to retry")
                context.catalog.forget_steps(result.name)
        finished = self.save([result for result in batch if result.error is None])
        for step, names in finished.items():
            context.catalog.mark_done(step, self.key, names)


_names: dict[type, tuple[str, ...]] = {}
"""Names of the fields of the classes of results."""


def _names_of(cls: type) -> tuple[str, ...]:
    if cls not in _names:
        _names[cls] = tuple(field.name for field in fields(cls))
    return _names[cls]


def _restored(cls: type[Result], *values: Any) -> Result:
    """Return the result with the values of its fields, for `pickle`."""
    return cls(**dict(zip(_names_of(cls), values, strict=True)))


@dataclass(frozen=True, slots=True)
class _Work(Generic[Result]):
    """The work function of a stage, as a `worker_task.TaskFunction`.

    On a cluster, each node syncs its own files: one driver could not do this for hundreds of CPUs.
    """

    work: Callable[[Row], Result]

    def __call__(self, row: Row, /) -> Result:
        return self.work(row)

    def finish(self, results: list[Any]) -> list[Any]:
        counts = [len(getattr(one, "files", ())) for one in results]  # a `HeavyItem` has none
        files = iter(synced(file for one in results for file in getattr(one, "files", ())))
        return [
            replace(one, files=tuple(islice(files, count))) if count else one
            for one, count in zip(results, counts, strict=True)
        ]


def set_dropped(
    catalog: Catalog, sample: Sample, reason: str | None, by: str, why: str | None = None
) -> bool:
    """Set or clear the drop reason of a sample, and record the decision.

    A stage does not override a decision of the user. An unchanged decision with the same `why` is
    not recorded again.

    Args:
        catalog: open catalog.
        sample: current state of the sample.
        reason: drop reason, a key of `DROP_REASONS`; None to restore the sample.
        by: name of the stage, or `USER`.
        why: measurement or explanation for users.

    Returns:
        True if the sample changed.
    """
    if sample.decided_by == USER and by != USER:
        return False
    if reason is None and sample.dropped is None:
        return False
    if (sample.dropped, sample.decided_by, sample.detail) == (reason, by, why):
        return False
    decided_by = by if reason is not None or by == USER else None
    catalog.update_sample(sample.name, dropped=reason, detail=why, decided_by=decided_by)
    catalog.decide([Decision(sample.name, "dropped", sample.dropped, reason, by, why)])
    return True


def set_mouth_dropped(catalog: Catalog, mouth: Mouth, reason: str | None, why: str) -> bool:
    """Set or clear the drop reason of a mouth as a decision of the user; see `set_dropped`."""
    if mouth.dropped == reason:
        return False
    catalog.update_mouth(mouth.name, dropped=reason, decided_by=USER)
    catalog.decide([Decision(mouth.name, "dropped", mouth.dropped, reason, USER, why)])
    return True


def _batches(items: Iterator[Result]) -> Iterator[list[Result]]:
    while batch := list(islice(items, _COMMIT_EVERY)):
        yield batch
