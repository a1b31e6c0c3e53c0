"""Changed copies of a photo end in one group, and pictures of different people do not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ImageEnhance, ImageOps

import moue.demo
from moue.dataset.contact_sheets import draw_duplicate_sheets
from moue.dataset.dedupe import dedupe
from moue.dataset.detect_faces import DetectJob, analyse_picture
from moue.dataset.file_stems import original_stem
from moue.dataset.phash import HASH_SIDE, phash
from moue.dataset.signatures import Signature
from moue.dataset.similarity_index import MIN_FACE_CORRELATION, SimilarityIndex
from moue.errors import CatalogError
from moue.face.backends import FaceSettings
from moue.media.image import Picture
from moue.workspace.catalog import Catalog
from moue.workspace.types import Fingerprint
from moue.workspace.workspace import Workspace
from rows import add, context, get, sample

PICTURES = sorted((Path(moue.demo.__file__).parent / "pictures").glob("*-none.jpg"))[:5]
GREY = (90, 90, 90)


def cut(image, left, top, right, bottom):
    w, h = image.size
    box = (int(w * left), int(h * top), int(w * (1 - right)), int(h * (1 - bottom)))
    return image.crop(box).resize((w, h))


def resaved(image):
    small = image.resize((image.width // 2, image.height // 2))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=30)
    return PIL.Image.open(io.BytesIO(file.getvalue())).convert("RGB")


CHANGES = {
    "mirrored": ImageOps.mirror,
    "turned": lambda image: image.rotate(12, fillcolor=GREY),
    "turned the other way": lambda image: image.rotate(-20, fillcolor=GREY),
    "cropped": lambda image: cut(image, 1 / 8, 1 / 8, 1 / 8, 1 / 8),
    "cropped off the centre": lambda image: cut(image, 0.08, 0.02, 0.02, 0.08),
    "darkened": lambda image: ImageEnhance.Brightness(image).enhance(0.5),
    "saved again": resaved,
    "mirrored and turned": lambda image: ImageOps.mirror(image).rotate(8, fillcolor=GREY),
    "mirrored and cropped": lambda image: cut(ImageOps.mirror(image), 0.1, 0.1, 0.1, 0.1),
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
}


def put(catalog: Catalog, folder: Path, name: str, image: PIL.Image.Image, **fields) -> None:
    """Add a picture as convert and clean would."""
    path = folder / f"{name}.jpg"
    image.save(path, quality=92)
    picture = Picture(path.read_bytes())
    found = analyse_picture(DetectJob(name, path, str(fields.get("kind", "photo"))), FaceSettings())
    one = sample(
        name,
        phash=phash(picture.grey(HASH_SIDE)),
        mouth_phash=found.mouth_phash,
        faces=found.faces,
        scores=found.scores,
        **fields,
    )
    add(catalog, one)
    catalog.put_fingerprint(name, found.fingerprint)


def groups(catalog):
    return {one.name: one.group for one in catalog.samples()}


def run(catalog):
    return dedupe(context(Workspace(catalog.path.parent), catalog))


@pytest.fixture(scope="module")
def originals():
    return [PIL.Image.open(path).convert("RGB") for path in PICTURES]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_edited_copy_joins_the_group_of_its_photo(catalog, tmp_path, originals, change):
    for number, image in enumerate(originals):
        put(catalog, tmp_path, f"p{number}", image)
        put(catalog, tmp_path, f"q{number}", change(image))
    run(catalog)
    found = groups(catalog)
    for number in range(len(originals)):
        assert found[f"p{number}"] == found[f"q{number}"] == f"p{number}"


def test_different_people_stay_apart(catalog, tmp_path, originals):
    for number, image in enumerate(originals):
        put(catalog, tmp_path, f"p{number}", image)
    run(catalog)
    assert set(groups(catalog).values()) == {None}


def test_near_hashes_of_different_faces_are_not_linked(catalog, tmp_path, originals):
    put(catalog, tmp_path, "a", originals[0])
    put(catalog, tmp_path, "b", originals[1])
    catalog.update_sample("b", phash=get(catalog, "a").phash ^ 1)
    run(catalog)
    assert groups(catalog) == {"a": None, "b": None}
    for name in "ab":  # the second face may be the one that differs
        catalog.update_sample(name, faces=(get(catalog, name).faces or ()) * 2)
    run(catalog)
    assert groups(catalog) == {"a": "a", "b": "a"}


def test_equal_hashes_of_different_faces_are_not_linked(catalog, tmp_path, originals):
    put(catalog, tmp_path, "a", originals[0])
    put(catalog, tmp_path, "b", originals[1])
    catalog.update_sample("b", phash=get(catalog, "a").phash)
    run(catalog)
    assert groups(catalog) == {"a": None, "b": None}


def test_a_mirrored_mouth_crop_is_found(catalog, tmp_path, originals):
    crop = originals[0].crop((150, 300, 350, 480))
    put(catalog, tmp_path, "a", crop, kind="mouth")
    put(catalog, tmp_path, "b", ImageOps.mirror(crop), kind="mouth")
    run(catalog)
    assert groups(catalog) == {"a": "a", "b": "a"}


def test_a_lost_or_forgotten_face_removes_its_fingerprint(catalog, tmp_path, originals):
    put(catalog, tmp_path, "a", originals[0])
    assert catalog.fingerprint("a") is not None
    catalog.put_fingerprint("a", None)
    assert catalog.fingerprint("a") is None
    catalog.put_fingerprint("a", Fingerprint(2**64 - 1, bytes(1024)))
    assert list(catalog.fingerprints()) == [("a", Fingerprint(2**64 - 1, bytes(1024)))]
    catalog.remove("a", ["a"])
    assert list(catalog.fingerprints()) == []


@pytest.mark.parametrize("patch", ["", "AAAA", "not base64!"])
def test_a_damaged_fingerprint_is_a_catalog_error(catalog, patch):
    catalog.execute("INSERT INTO fingerprints VALUES ('a', 1, ?)", [patch])
    with pytest.raises(CatalogError, match="damaged"):
        list(catalog.fingerprints())


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("x_flip.jpg", "x"), ("x_aug3.png", "x"), ("x (1).jpg", "x"), ("x - Copy.jpg", "x"),
        ("x_jpg.rf.0a1b2c3d4e5f60718293a4b5c6d7e8f9.jpg", "x"), ("x-rot-12.jpg", "x"),
        ("x_flip_dark.jpg", "x"), ("IMG_2041.jpg", "IMG_2041"), ("crop.jpg", "crop"),
        ("smallville.jpg", "smallville"), ("x_rotor.jpg", "x_rotor"), ("(1).jpg", "(1)"),
    ],
)  # fmt: skip
def test_a_stem_omits_suffixes_of_copies(name, stem):
    assert original_stem(f"/photos/{name}") == stem


def test_very_long_names_take_linear_time():
    assert original_stem("/photos/" + "_flip" * 50_000 + ".jpg").startswith("_flip")


def hinted(catalog, bits, **second):
    base = 0x0F0F_3333_5555_9999
    other = base ^ sum(1 << (5 * i) for i in range(bits))
    add(catalog, sample("a", source="/raw/x.jpg", phash=base))
    add(catalog, sample("b", **({"source": "/raw/x_aug1.jpg", "phash": other} | second)))
    run(catalog)
    return groups(catalog)["b"] == "a"


def test_a_common_stem_links_similar_pictures(catalog):
    assert hinted(catalog, 10)


def test_a_common_stem_alone_links_nothing(catalog):
    assert not hinted(catalog, 13)


def test_similar_pictures_of_other_names_are_not_linked(catalog):
    assert not hinted(catalog, 10, source="/raw/y.jpg")


def test_numbered_names_do_not_link_pictures(catalog):
    hashes = np.random.default_rng(0).integers(0, 2**63, 20, np.int64).tolist()
    for i in range(40):
        phash_ = hashes[i // 2] ^ (0b11_1111_1111 if i % 2 else 0)
        add(catalog, sample(f"{i:02d}", source=f"/raw/a ({i}).jpg", phash=phash_))
    run(catalog)
    assert set(groups(catalog).values()) == {None}


def test_sheets_show_each_cluster_best_first_once(workspace, catalog, tmp_path, originals):
    workspace.images.mkdir(exist_ok=True)
    for number in range(2):
        put(catalog, workspace.images, f"p{number}", originals[number])
        put(catalog, workspace.images, f"q{number}", ImageOps.mirror(originals[number]))
    run(catalog)
    (page,) = draw_duplicate_sheets(context(workspace, catalog))
    assert page == workspace.reports / "dedupe" / "clusters-01.jpg"
    with PIL.Image.open(page) as sheet:
        assert sheet.height > 2 * 168
    assert draw_duplicate_sheets(context(workspace, catalog)) == []
    rows = [Signature.of(get(catalog, name)) for name in ("p0", "q0", "p1")]
    looks = SimilarityIndex.of(catalog, rows)
    assert looks.relation(0, 1, 6) == "mirrored"
    assert looks.face_correlation(0, 2, False) < MIN_FACE_CORRELATION


def test_a_duplicate_is_near_its_kept_picture(catalog):
    base = 0x0F0F_3333_5555_9999
    chain = [base, base ^ 0x1F, base ^ 0x1F ^ (0x1F << 20)]  # the ends differ in 10 bits
    for name, hash_ in zip("abc", chain, strict=True):
        add(catalog, sample(name, phash=hash_, mouth_phash=0))
    run(catalog)
    assert groups(catalog) == dict.fromkeys("abc", "a")
    assert [get(catalog, name).dropped for name in "abc"] == [None, "near_duplicate", None]
