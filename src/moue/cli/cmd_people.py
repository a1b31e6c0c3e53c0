"""The command `people`."""

from __future__ import annotations

import click

from moue.cli.console import print_summary
from moue.cli.options import CommonOptions, common
from moue.dataset.people import suggest_people


@click.command()
@common(shared=["workspace", "workers", "json"])
def people(call: CommonOptions) -> None:
    """Suggest which pictures show one person, so that no split separates them.

    Needs the extra dlib. The main faces of the pictures in use are compared by dlib's recognition
    model. Its numbers are biometric data: they are kept in memory only, never in the catalog or a
    file. In many countries recognising people needs their consent, for any purpose.

    Nothing changes until you confirm: look at the sheets in reports/people, correct people.csv
    there, and read it with `moue label --csv`. Persons that are known already are kept.

    Example: moue people -w project
    """
    with call.job() as job:
        summary = suggest_people(job.workspace, job.catalog, job.progress, job.workers)
    print_summary(summary, call.json)
