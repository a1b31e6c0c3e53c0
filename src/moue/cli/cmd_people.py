"""The command `people`."""

from __future__ import annotations

import click

from moue.cli.model_options import BUT_LICENCE
from moue.cli.options import CommonOptions, common
from moue.dataset.people import suggest_people
from moue.face.backends import FaceSettings


@click.command()
@common(FaceSettings, without=BUT_LICENCE, shared=["workspace", "workers", "json"])
def people(call: CommonOptions) -> None:
    """Suggest groups of pictures that show the same subject.

    moue compares the main faces with the face recognition model of dlib (extra `dlib`). The face
    embeddings are biometric data: moue keeps them in memory and never writes them to disk. Many
    countries require the consent of the people in the pictures.

    The catalog changes only when you confirm the groups: check the contact sheets in
    reports/people, correct people.csv there, and read it with `moue label --csv`. `moue split` then
    puts all pictures of one subject in one split. moue does not change subjects that are already
    set.

    Example: moue people -w project
    """
    call.run(suggest_people)
