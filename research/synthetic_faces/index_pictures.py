"""Remove the rejected pictures and write pictures.csv beside the others, from their names."""

import csv
from pathlib import Path

REJECTED = {  # by visual inspection: wrong label or another person
    "face-009-pout",
    "face-009-smile",
    "face-013-pout",
    "face-014-pout",
    "face-021-open",
    "face-021-pout",
    "face-024-pout",
    "head-005-smile",  # gums through the chin
    "head-010-pout",
    "head-022-smile",
    "head-025-pout",  # Haar finds a wall
}
ORIGINS = {"head": "3d", "face": "gan"}


def index_pictures(folder: Path) -> None:
    """Delete rejected pictures and write the table.

    `head-007-smile.jpg` is person head-007, label smile, origin 3d.
    """
    for name in REJECTED:
        (folder / f"{name}.jpg").unlink(missing_ok=True)
    with (folder / "pictures.csv").open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["file", "label", "person", "origin"])
        for file in sorted(folder.glob("*.jpg")):
            kind, number, label = file.stem.split("-")
            table.writerow([file.name, label, f"{kind}-{number}", ORIGINS[kind]])
