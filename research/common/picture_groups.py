"""Groups of training pictures and teachers, with their licences, for the model cards."""

from __future__ import annotations

from moue.model.bundled import TrainingSource

UTKFACE = TrainingSource(
    name="UTKFace",
    terms="non-commercial research",
    commercial_use=False,
    count=10_161,
    source="https://susanqq.github.io/UTKFace/",
)
HELEN = TrainingSource(
    name="HELEN, by fantopop/smile-detection",
    terms="none stated",
    commercial_use=False,
    count=861,
    source="https://github.com/fantopop/smile-detection",
)
YOUSAN = TrainingSource(
    name="mouth crops of yousan.ai", terms="none stated", commercial_use=False, count=1_000
)
YAWN = TrainingSource(
    name="yawn set of deepankarvarma", terms="none stated", commercial_use=False, count=2_541
)
PORTRAITS = TrainingSource(
    name="portraits of chandrikadeb7", terms="none stated", commercial_use=False, count=37
)
TALKING = TrainingSource(
    name="generated talking heads", terms="none stated", commercial_use=False, count=369
)
WEB = TrainingSource(
    name="pictures scraped from the web", terms="none stated", commercial_use=False, count=321
)
GAN_FACES = TrainingSource(
    name="faces of MobileStyleGAN",
    terms="the network is under Apache-2.0; it was trained on FFHQ, CC BY-NC-SA 4.0",
    commercial_use=False,
    licence="Apache-2.0",
    source="python -m research draw-training-faces",
)
HEADS = TrainingSource(
    name="3D heads of MakeHuman and Face Units",
    terms="CC0",
    commercial_use=True,
    licence="CC0-1.0",
    source="python -m research draw-training-heads",
)
WALLPAPERS = TrainingSource(
    name="Debian's wallpapers",
    terms="CC-BY-SA and other",
    commercial_use=True,
    licence="CC-BY-SA-4.0 and other",
    role="background",
)
FACE_MESH = TrainingSource(
    name="MediaPipe face mesh",
    terms="Apache-2.0; trained on pictures of Google that are not published",
    commercial_use=True,
    licence="Apache-2.0",
    source="https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker",
    role="teacher",
)
YUNET = TrainingSource(
    name="YuNet",
    terms="MIT; trained on WIDER FACE",
    commercial_use=True,
    licence="MIT",
    source="https://github.com/opencv/opencv_zoo",
    role="teacher",
)
MOUTHS3 = TrainingSource(
    name="mouths3: lower faces from 30 public repositories", commercial_use=False, count=21233,
    terms="research only: UCF Selfie, CelebA, MEAD, YawDD, VoxCeleb and others, or none stated",
)  # fmt: skip
