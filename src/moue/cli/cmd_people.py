"""The command `people`."""

from __future__ import annotations

import click

from moue.cli.options import CommonOptions, common
from moue.dataset.people import suggest_people


@click.command()
@common(shared=["workspace", "workers", "json"])
def people(call: CommonOptions) -> None:
    """Suggest which pictures show the same person.

    Pictures of one person then stay in one split. moue compares the main faces with the face
    recognition model of dlib (extra `dlib`). Its embeddings are biometric data: they stay in
    memory and are never written. Many countries require the consent of the people.

    Nothing changes until you confirm: check the contact sheets in reports/people, correct
    people.csv there, and read it with `moue label --csv`. Known persons are kept.

    Example: moue people -w project
    """
    call.run(suggest_people)
