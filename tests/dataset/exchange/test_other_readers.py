"""The library datasets and PyTorch read the data sets that moue exports."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pytest

from labelled_workspace import export
from moue.media.image import read_image
from moue.workspace.types import LABELS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]
LABELLED = {"anna-00112233aabb": "smile", "anna-00112233aabb-face2": "pout"}


@pytest.fixture
def load(monkeypatch, tmp_path):
    """The function `load_dataset`, without network and with an empty cache."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    datasets = pytest.importorskip("datasets")

    def load(*args, **options):
        return datasets.load_dataset(*args, cache_dir=str(tmp_path / "cache"), **options)

    return load


def pixels(source, name):
    return read_image(source.workspace.mouth(name))


def check(source, rows, names, labels):
    """Check labels and pixels of the crops in the split train."""
    found = {}
    for name, row in zip(names, rows, strict=True):
        found[name] = labels(row)
        assert np.array_equal(np.asarray(row["image"].convert("RGB")), pixels(source, name))
    assert found == LABELLED


@pytest.mark.parametrize("form", ["parquet", "huggingface"])
def test_load_dataset_reads_parquet(form, load, source, tmp_path):
    export(source, form, tmp_path / "out")
    data = load(str(tmp_path / "out"))
    assert set(data) >= {"train", "val", "test"} or set(data) >= {"train", "validation", "test"}
    train = data["train"]

    def label(row):
        return train.features["label"].int2str(row["label"]) if form == "huggingface" else (
            row["label"])  # fmt: skip

    check(source, train, train["name"], label)


def test_load_dataset_reads_webdataset(load, source, tmp_path):
    export(source, "webdataset", tmp_path / "out")
    data = load("webdataset", data_files={"train": str(tmp_path / "out" / "train-*.tar")})
    rows = [row | {"image": row["png"]} for row in data["train"]]
    check(source, rows, data["train"]["__key__"], lambda row: LABELS[row["cls"]])


def test_load_dataset_reads_imagefolder(load, source, tmp_path):
    export(source, "imagefolder", tmp_path / "out")
    data = load("imagefolder", data_dir=str(tmp_path / "out"))
    train = data["train"]
    names = [path.stem for path in sorted((tmp_path / "out" / "train").rglob("*.png"))]
    check(source, train, names, lambda row: train.features["label"].int2str(row["label"]))


def test_a_torch_data_loader_reads_rows(load, source, tmp_path):
    from torch.utils.data import DataLoader

    export(source, "huggingface", tmp_path / "out")
    train = load(str(tmp_path / "out"))["train"].select_columns(["image", "label"])
    (batch,) = DataLoader(train.with_format("torch"), batch_size=4)
    assert batch["image"].shape == (2, 3, 24, 24)
    assert sorted(batch["label"].tolist()) == [1, 2]


def test_a_torch_data_loader_reads_tar_files(source, tmp_path):
    from torch.utils.data import DataLoader, IterableDataset

    class Shard(IterableDataset):
        def __iter__(self):
            with tarfile.open(tmp_path / "out" / "train-000000.tar", "r|") as tar:
                members = {}
                for info in tar:
                    members[info.name.partition(".")[2]] = tar.extractfile(info).read()
                    if "cls" in members:
                        yield len(members["png"]), int(members["cls"])
                        members = {}

    export(source, "webdataset", tmp_path / "out")
    (batch,) = DataLoader(Shard(), batch_size=4)
    assert sorted(batch[1].tolist()) == [1, 2]


def test_a_torch_data_loader_reads_coco_boxes(source, tmp_path):
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    class Coco(Dataset):
        def __init__(self, folder, split):
            text = (folder / "annotations" / f"instances_{split}.json").read_text()
            self.data, self.folder = json.loads(text), folder / "images" / split

        def __len__(self):
            return len(self.data["annotations"])

        def __getitem__(self, index):
            one = self.data["annotations"][index]
            names = {image["id"]: image["file_name"] for image in self.data["images"]}
            with Image.open(self.folder / names[one["image_id"]]) as picture:
                x, y, w, h = one["bbox"]
                crop = picture.crop((x, y, x + w, y + h)).resize((16, 16))
                return np.array(crop), one["category_id"]

    export(source, "coco", tmp_path / "out")
    (batch,) = DataLoader(Coco(tmp_path / "out", "train"), batch_size=4)
    assert batch[0].shape == (2, 16, 16, 3)
    assert sorted(batch[1].tolist()) == [2, 3]


def test_pillow_opens_every_member_of_a_tar_file(source, tmp_path):
    from PIL import Image

    export(source, "webdataset", tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "test-000000.tar") as tar:
        names = tar.getnames()
        (picture,) = [name for name in names if name.endswith(".png")]
        Image.open(io.BytesIO(tar.extractfile(picture).read())).verify()
    assert [name.partition(".")[2] for name in names] == ["png", "json", "cls"]
