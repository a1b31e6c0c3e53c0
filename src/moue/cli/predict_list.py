"""`moue predict LIST.parquet --out FILE.parquet`: predict a list of any length."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from moue.cli import output
from moue.cli.call_engine import open_engine
from moue.cli.console import ConsoleProgress
from moue.cli.model_options import load
from moue.cli.options import CommonOptions
from moue.errors import SourceError
from moue.files import absolute, check_free
from moue.model.providers import Device
from moue.predict.bulk import BulkCounts, parts_folder, predict_list
from moue.predict.picture_list import PictureList

SUFFIX = ".parquet"


def is_list(sources: Sequence[Path]) -> bool:
    """Return whether the sources of a call include a Parquet file."""
    return any(source.suffix.lower() == SUFFIX for source in sources)


def checked_list(sources: Sequence[Path], out: Path | None, refused: bool) -> Path:
    """Return the path of the Parquet list among the sources, after a check of the options.

    Args:
        sources: sources of the call.
        out: value of `--out`.
        refused: True if the call has an option that does not work with a list.

    Raises:
        UsageError: there are other sources, or an option does not work with a list.
    """
    if len(sources) != 1 or not is_list(sources):
        raise click.UsageError("--out needs one list: moue predict LIST.parquet --out FILE.parquet")
    if out is None:
        raise click.UsageError(f"{sources[0]}: name the output file with --out FILE.parquet")
    if out.suffix.lower() != SUFFIX:
        raise click.UsageError(f"--out {out}: the file name must end in {SUFFIX}")
    if refused:
        raise click.UsageError("--annotated, --csv and --every do not work with a Parquet list")
    return sources[0]


def predict_to_parquet(
    call: CommonOptions, source: Path, out: Path, column: str | None, model: Path | None,
    max_error: float | None, device: Device, overwrite: bool,
) -> None:  # fmt: skip
    """Predict the pictures of a list, and print the counts.

    Raises:
        SourceError: no picture of the list could be read.
    """
    out = absolute(out)
    if not parts_folder(out).exists():
        check_free(out, overwrite)  # before the model is loaded
    pictures = PictureList(source, column)
    progress = ConsoleProgress(beside_results=True)
    recipe = load(call, model, max_error, progress, device)
    with open_engine(call.config, call.workers, progress) as engine, progress.shown():
        counts = predict_list(pictures, recipe, out, engine, progress, overwrite)
    new = counts.pictures - counts.earlier
    if call.json:
        output.data({
            "file": str(out), "pictures": counts.pictures, "earlier": counts.earlier,
            "faces": counts.faces, "errors": counts.errors,
        })  # fmt: skip
    else:
        output.line(_sentence(out, counts))
    if new and counts.errors == new and not counts.earlier:
        raise SourceError(
            f"no picture of the list could be read; the column error of {out} has the reasons"
        )


def _sentence(out: Path, counts: BulkCounts) -> str:
    """Return a summary of the prediction in one sentence."""
    new = counts.pictures - counts.earlier
    if counts.earlier and not new:
        return f"{out}: an earlier call predicted all {counts.pictures:,} pictures"
    unread = f" ({counts.errors:,} could not be read)" if counts.errors else ""
    if not counts.earlier:
        return f"{out}: predicted {counts.faces:,} faces in {new:,} pictures{unread}"
    return (
        f"{out}: predicted {counts.faces:,} faces in the last {new:,} pictures{unread}; an earlier "
        f"call predicted the first {counts.earlier:,}"
    )
