"""For each flag, a call without it and one with it, whose outcomes differ.

`{at}` is a folder with a copy of a workspace in which every step is done, in `w`. `{here}` holds
photos, a video and lists; `{site}` is a web site.
"""

from __future__ import annotations

from moue.dataset.collect.engines import ENGINES

NEW = "--workspace {at}/new"
OPEN = f"--allow-private --rate 0 {NEW}"
WEB = f"smile --engine openverse --engine-url openverse={{site}} -n 3 {OPEN}"
CAMERA = f"{{here}}/clip.mp4 {NEW}"

ENGINE_URLS = " ".join(f"--engine-url {name}={{site}}" for name in ENGINES)
TRAINING = (
    "--recipe classic --epochs 1 --lr 0.002 --batch-size 4 --seed 3 --threads 1 --device cpu "
    "--patience 2"
)

CALLS = {
    "collect files": f"{{here}}/photos/none {{here}}/clip.mp4 {NEW}",
    "collect web": WEB,
    "collect urls": f"{{here}}/list.txt {OPEN}",
    "collect camera": CAMERA,
    "convert": "--workers 1",
    "clean": "--workers 1",
    "crop": "--workers 1",
    "run": f"{{here}}/photos/none {{here}}/clip.mp4 {NEW} --workers 1",
    "predict": "{here}/photos/none --model mouth",
    "live": "{here}/clip.mp4 --model mouth --json",
    "compare-detectors": "{here}/photos/none",
    "runs rename": "001 other",
    "runs select": "001",
    "runs delete": "001 --yes",
    "explain": "{here}/small.jpg --model mouth",
    "export": "{at}/new.onnx",
    "pack": "{at}/new.moue",
    "unpack": "{here}/w.moue {at}/new",
    "drop": "face-002-none",
    "restore": "face-002-none",
    "forget": "--yes --source {here}/photos/none",
    "doctor": f"--engines {ENGINE_URLS}",
    "demo": f"{{at}}/demo --workers 1 {TRAINING} --fine-tune mouth",
}
"""The arguments of a call of each command; none for the others."""

MISSING = "--dlib-model missing.dat"
SETTINGS: dict[tuple[str, str], str | tuple[str, str]] = {
    ("collect", "copy"): "--copy",
    ("collect", "every"): "--every 0.3",
    ("collect", "min_change"): "--min-change 200",
    ("collect", "kind"): "--kind mouth",
    ("collect", "dataset"): "--dataset parquet",
    ("camera", "every"): "--every 0.3",
    ("camera", "min_change"): ("--every 0", "--every 0 --min-change 200"),
    ("camera", "max_seconds"): ("--every 0", "--every 0 --max-seconds 0.5"),
    ("camera", "number"): ("--every 0", "--every 0 --number 2"),
    ("filters", "size"): "--size large",
    ("filters", "colour"): "--colour grey",
    ("filters", "type"): "--type drawing",
    ("filters", "licence"): "--licence commercial",
    ("web", "max_bytes"): "--max-bytes 10",
    ("web", "max_pixels"): "--max-pixels 10",
    ("web", "max_redirects"): "--max-redirects 0",
    ("web", "robots"): "--no-robots",
    ("web", "allow_private"): "--no-allow-private",
    ("face", "backend"): (MISSING, f"{MISSING} --backend dlib68"),
    ("face", "dlib_model"): ("--backend dlib68", f"--backend dlib68 {MISSING}"),
    ("face", "scale_factor"): (
        "--backend haar-tutorial", "--backend haar-tutorial --scale-factor 4 --min-neighbors 9",
    ),
    ("face", "min_neighbors"): (
        "--backend haar-tutorial", "--backend haar-tutorial --min-neighbors 500",
    ),
    ("face", "min_face"): "--min-face 2000",
    ("face", "min_score"): "--min-score 5",
    ("face", "crop_scale"): "--crop-scale 2",
    ("convert", "quality"): "--quality 20",
    ("convert", "max_bytes"): "--max-bytes 10",
    ("convert", "max_pixels"): "--max-pixels 10",
    ("convert", "min_side"): "--min-side 5000",
    ("clean", "min_main_face"): "--min-main-face 5000",
    ("clean", "min_sharpness"): "--min-sharpness 9",
    ("clean", "min_highlight"): "--min-highlight 0.99",
    ("clean", "max_shadow"): "--max-shadow 0.001",
    ("clean", "dry_run"): ("--min-main-face 5000", "--min-main-face 5000 --dry-run"),
    ("clean", "sheets"): ("--min-main-face 5000", "--min-main-face 5000 --no-sheets"),
    ("dedupe", "radius"): "--radius 12",
    ("dedupe", "mouth_radius"): ("--radius 12", "--radius 12 --mouth-radius 64"),
    ("crop", "min_lips"): "--min-lips 500",
    ("crop", "annotate"): "--annotate 3",
    ("split", "ratio"): ("--resplit", "--resplit --ratio 1:1:1"),
    ("split", "seed"): ("--resplit", "--resplit --seed 7"),
    ("split", "resplit"): ("--ratio 1:1:1", "--ratio 1:1:1 --resplit"),
    ("split", "predefined"): "--predefined",
    ("train", "recipe"): ("--epochs 2", "--epochs 2 --recipe classic"),
    ("train", "epochs"): "--epochs 2",
    ("train", "lr"): ("--epochs 2", "--epochs 2 --lr 0.5"),
    ("train", "batch_size"): ("--epochs 2", "--epochs 2 --batch-size 3"),
    ("train", "seed"): ("--epochs 2", "--epochs 2 --seed 7"),
    ("train", "device"): ("--epochs 2", "--epochs 2 --device cuda"),
    ("train", "fine_tune"): ("--epochs 2", "--epochs 2 --fine-tune mouth"),
    ("live", "detect_every"): "--detect-every 0.1",
    ("live", "max_age"): "--max-age 0",
    ("live", "time_constant"): "--time-constant 3",
    ("live", "hysteresis"): ("--time-constant 0", "--time-constant 0 --hysteresis 1"),
    ("live", "min_duration"): ("--events", "--events --min-duration 9"),
    ("live", "fps"): (
        "moue live {here}/frames --model mouth --json",
        "moue live {here}/frames --model mouth --json --fps 5",
    ),
}  # fmt: skip
"""By section and name of a setting, for all commands with its flag."""

FLAGS: dict[tuple[str, str], str | tuple[str, str]] = {
    ("train", "--seeds"): ("--epochs 2", "--epochs 2 --seeds 0,1"),
    ("train", "--folds"): ("--epochs 2", "--epochs 2 --folds 2"),
    ("train", "--recipes"): ("--epochs 2", "--epochs 2 --recipes fast,classic"),
    ("collect web", "--query-file"): "--query-file {here}/queries.txt",
    ("collect web", "--engine"): "--engine commons",
    ("collect web", "--number"): "--number 1",
    ("collect web", "--engine-url"): "--engine-url openverse={site}/none",
    ("collect web", "--label"): "--label smile",
    ("collect web", "--face-only"): "--face-only",
    ("collect urls", "--label"): "--label smile",
    ("collect urls", "--face-only"): "--face-only",
    ("collect camera", "--min-face"): (
        f"moue collect camera {{here}}/small.mp4 {NEW} --face-only",
        f"moue collect camera {{here}}/small.mp4 {NEW} --face-only --min-face 2000",
    ),
    ("collect camera", "--label"): "--label smile",
    ("collect camera", "--face-only"): ("--every 0.1", "--every 0.1 --face-only"),
    ("label", "--csv"): "--csv {here}/labels.csv",
    ("label", "--to-folders"): "--to-folders",
    ("label", "--from-folders"): "--from-folders",
    ("label", "--folder"): ("--to-folders", "--to-folders --folder {at}/sort"),
    ("label", "--check"): "--check",
    ("label", "--model"): ("--check", "--check --model mouth"),
    ("label", "--labels-from-folders"): "--labels-from-folders",
    ("evaluate", "--model"): "--model mouth",
    ("evaluate", "--against"): "--against mouth",
    ("evaluate", "--robustness"): "--robustness",
    ("runs select", "--clear"): ("", "moue runs select --clear"),
    ("runs delete", "--yes"): ("moue runs delete 001", "moue runs delete 001 --yes"),
    ("predict", "--model"): ("moue predict {here}/photos/none",
                             "moue predict {here}/photos/none --model mouth"),
    ("predict", "--annotated"): "--annotated {at}/out",
    ("predict", "--csv"): "--csv {at}/out.csv",
    ("predict", "--overwrite"): ("--csv {at}/old.csv", "--csv {at}/old.csv --overwrite"),
    ("predict", "--every"): ("moue predict {here}/clip.mp4",
                            "moue predict {here}/clip.mp4 --every 0.5"),
    ("predict", "--max-error"): "--max-error 0.00001",
    ("predict", "--device"): "--device cuda",
    ("live", "--model"): ("moue live {here}/clip.mp4",
                          "moue live {here}/clip.mp4 --model mouth"),
    ("live", "--video"): "--video {at}/out.mp4",
    ("live", "--timeline"): "--timeline {at}/out.png",
    ("live", "--events"): "--events",
    ("live", "--cascade"): ("--video {at}/out.mp4", "--video {at}/out.mp4 --cascade"),
    ("live", "--until"): "--until 0.5",
    ("run", "--until"): "--until convert",
    ("live", "--max-error"): "--max-error 0.00001",
    ("live", "--device"): "--device cuda",
    ("live", "--overwrite"): ("--timeline {at}/old.png", "--timeline {at}/old.png --overwrite"),
    ("explain", "--model"): ("moue explain {here}/small.jpg",
                             "moue explain {here}/small.jpg --model mouth"),
    ("explain", "--sheet"): "--sheet {at}/why.png",
    ("explain", "--crop"): "--crop",
    ("explain", "--device"): "--device cuda",
    ("explain", "--overwrite"): ("--sheet {at}/old.png", "--sheet {at}/old.png --overwrite"),
    ("export", "--model"): "--model nowhere",
    ("export", "--overwrite"): ("moue export {at}/old.onnx",
                                "moue export {at}/old.onnx --overwrite"),
    ("export", "--dataset"): ("moue export --out {at}/data",
                              "moue export --out {at}/data --dataset parquet"),
    ("export", "--out"): ("moue export --dataset parquet",
                          "moue export --dataset parquet --out {at}/data"),
    ("run", "--fine-tune"): ("moue run", "moue run --fine-tune mouth"),
    ("run", "--labels"): ("moue run", "moue run --labels {here}/labels.csv"),
    ("run", "--labels-from-folders"): ("moue run", "moue run --labels-from-folders"),
    ("info", "--dropped"): "--dropped",
    ("info", "--sources"): "--sources",
    ("restore", "--reason"): ("", "moue restore --reason near_duplicate"),
    ("forget", "--source"): ("moue forget --yes", "moue forget --yes --source {here}/photos/none"),
    ("forget", "--url"): ("moue forget --yes", "moue forget --yes --url https://x.example/"),
    ("forget", "--sha256"): ("moue forget --yes", "moue forget --yes --sha256 " + "0" * 64),
    ("forget", "--dry-run"): "--dry-run",
    ("forget", "--yes"): ("moue forget --source {here}/photos/none",
                          "moue forget --source {here}/photos/none --yes"),
    ("doctor", "--engines"): ("moue doctor", f"moue doctor --engines {ENGINE_URLS}"),
    ("doctor", "--engine-url"): (
        "--set web.allow_private=true",
        "--set web.allow_private=true --engine-url openverse={site}/none",
    ),
    ("compare-detectors", "--sheet"): "--sheet {at}/out.jpg",
    ("compare-detectors", "--overwrite"): ("--sheet {at}/old.jpg",
                                           "--sheet {at}/old.jpg --overwrite"),
}  # fmt: skip
"""By command and flag. A call that does not begin with `moue` is added to that of `CALLS`."""

SET = {
    "collect files": "collect.kind=mouth",
    "collect web": "web.max_bytes=10",
    "collect urls": "web.max_bytes=10",
    "collect camera": "camera.number=1",
    "convert": "convert.min_side=5000",
    "clean": "clean.min_main_face=5000",
    "dedupe": "dedupe.radius=12",
    "crop": "crop.min_lips=500",
    "split": "split.ratio=x",
    "train": "train.epochs=2",
    "predict": "convert.max_bytes=10",
    "live": "live.time_constant=3",
    "explain": "convert.max_bytes=10",
    "run": "collect.kind=mouth",
    "demo": "convert.min_side=5000",
    "doctor": "web.allow_private=true",
    "compare-detectors": "convert.max_bytes=10",
}
"""For each command with `--set`, a setting that changes its outcome."""

WORKERS = {
    "convert": "--quality 91",
    "clean": "--min-face 30",
    "crop": "--crop-scale 1.7",
    "predict": "{here}/photos --model mouth",
    "run": f"{{here}}/photos --epochs 1 {NEW}",
    "demo": f"{{at}}/demo {TRAINING}",
    "people": "",
}
"""Arguments with more work than one process does alone."""

IN_THE_RUN = {
    "run": f"{{here}}/photos {NEW} {TRAINING}",
    "demo": f"{TRAINING} --fine-tune mouth",
}
"""Commands that train; the run that they write holds the values of these flags."""
