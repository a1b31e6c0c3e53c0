"""The file `README.md` of an exported data set: what it contains, and how to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from moue.files import write_text

README = "README.md"
_MOST = 20

_READ = {
    "parquet": "pandas, DuckDB and pyarrow read the files. With the library datasets: "
    '`load_dataset("parquet", data_dir="FOLDER")`.',
    "huggingface": 'With the library datasets: `load_dataset("FOLDER")`.',
    "webdataset": "With the library webdataset, or with the library datasets: "
    '`load_dataset("webdataset", data_dir="FOLDER")`.',
    "imagefolder": 'With the library datasets: `load_dataset("imagefolder", data_dir="FOLDER")`; '
    'with torchvision: `ImageFolder("FOLDER/train")`.',
    "coco": "`annotations/instances_train.json` describes the pictures in `images/train/`.",
    "yolo": "`data.yaml` names the folders of pictures; `labels/` has one file per picture.",
    "label-studio": "Start Label Studio with `LOCAL_FILES_SERVING_ENABLED=true` and "
    "`LOCAL_FILES_DOCUMENT_ROOT=FOLDER`, use `label_config.xml` as the labeling interface, add "
    "the folder `images` as local storage, and import `tasks-00000.json`.",
}


class Contents:
    """Counts of an exported data set.

    Attributes:
        records: number of pictures or crops.
        labels: number of mouths by split and label.
        licences: number of pictures by licence.
    """

    def __init__(self) -> None:
        self.records = 0
        self.labels: Counter[tuple[str, str]] = Counter()
        self.licences: Counter[str] = Counter()

    def add(self, mouths: Iterable[Mapping[str, str | None]], licence: str | None) -> None:
        """Count one record."""
        self.records += 1
        for mouth in mouths:
            self.labels[mouth["split"] or "unassigned", mouth["label"] or "no label"] += 1
        self.licences[licence or "unknown"] += 1


def write_card(folder: Path, form: str, contents: Contents, labels: Sequence[str]) -> None:
    """Write `README.md` of a data set in the format `form`."""
    splits = list(dict.fromkeys(split for split, _ in contents.labels))
    header = ""
    if form == "huggingface":
        lines = [f"  - split: {one}\n    path: data/{one}-*.parquet" for one in splits]
        header = (
            "---\ntask_categories:\n- image-classification\nconfigs:\n- config_name: default\n"
            "  data_files:\n" + "\n".join(lines) + "\n---\n\n"
        )
    shown = [*labels, "no label"] if any(n == "no label" for _, n in contents.labels) else labels
    rows = [
        f"| {split} | " + " | ".join(f"{contents.labels[split, one]:,}" for one in shown) + " |"
        for split in splits
    ]
    licences = [f"- {name}: {n:,}" for name, n in contents.licences.most_common(_MOST)]
    write_text(
        folder / README,
        f"{header}# Mouths\n\nA data set that moue exported in the format `{form}`. "
        f"{_READ[form]}\n\n"
        f"| split | {' | '.join(shown)} |\n|---|{'---|' * len(shown)}\n"
        + "\n".join(rows)
        + "\n\nPictures by licence; a licence that a search engine states is not verified:\n\n"
        + "\n".join(licences)
        + "\n\nLabels describe mouth shapes, not emotions. `moue collect FOLDER` reads the data "
        "set again, with all its values.\n",
    )
