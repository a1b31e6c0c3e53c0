"""The page of `moue export --web` in Chromium: its results, and that nothing leaves the browser."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from export import web_files
from moue.demo.raw_folder import PICTURES
from moue.export.web_model import web_model
from moue.export.web_page import page_files
from moue.media.image import read_image
from moue.predict.predictor import Predictor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PREDICT = """async (folder) => {
  const ort = await import("./runtime/ort.wasm.bundle.min.mjs");
  const { Moue } = await import("./moue.js");
  const { Watcher } = await import("./live.js");
  const base = new URL(folder, document.baseURI);
  const moue = await Moue.load(ort, new URL("model/", base));
  const bytes = async (name) => new Uint8ClampedArray(await (await fetch(new URL(`vectors/${name}.rgba`, base))).arrayBuffer());
  const image = async (size, name) => new ImageData(await bytes(name), size.width, size.height);
  const vectors = [];
  for (const one of await (await fetch(new URL("vectors/vectors.json", base))).json())
    vectors.push(await moue.predict(await image(one, one.name)));
  const watcher = new Watcher(moue);
  const clip = [];
  for (const [number, frame] of (await (await fetch(new URL("vectors/clip.json", base))).json()).entries()) {
    const faces = await watcher.process(await image(frame, `clip-${number}`), frame.time);
    clip.push(faces.map((one) => ({ ...one.face, number: one.number, label: one.label })));
  }
  return { vectors, clip };
}"""  # noqa: E501
AWAY = """async () => {
  const tried = {};
  const note = (name) => [() => (tried[name] = "sent"), () => (tried[name] = "refused")];
  await fetch("http://127.0.0.2:9/").then(...note("fetch"));
  await new Promise((resolve) => {
    const image = new Image();
    const [sent, refused] = note("image");
    image.onload = () => resolve(sent());
    image.onerror = () => resolve(refused());
    image.src = "http://127.0.0.2:9/pixel.png";
  });
  const blocked = new Promise((resolve) => addEventListener("securitypolicyviolation", (event) => resolve(event.blockedURI)));
  navigator.sendBeacon("http://127.0.0.2:9/beacon", "picture");
  tried.beacon = (await blocked).includes("127.0.0.2") ? "refused" : "sent";
  return tried;
}"""  # noqa: E501


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the bundled model, with the test vectors."""
    web_files.required_runtime()
    predictor = Predictor.load()
    root = web_files.write_files(page_files(predictor), tmp_path_factory.mktemp("page"))
    web_files.write_vectors(predictor, root / "vectors")
    return root


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of the page on a plain static server."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def open_web_page(address: str) -> Iterator[Callable[..., Any]]:
    """A function that opens the page in a browser and waits until its networks are loaded."""
    contexts: list[Any] = []
    errors: list[str] = []

    def opened(browser: Any, script: str = "", **options: Any) -> Any:
        context = browser.new_context(**{"locale": "en-US"} | options)
        contexts.append(context)
        context.set_default_timeout(60_000)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def test_chromium_computes_what_python_computes(
    open_web_page: Callable[..., Any], chromium: Any, folder: Path
):
    actual = open_web_page(chromium).evaluate(PREDICT, "./")
    vectors, clip = (
        json.loads((folder / f"vectors/{n}.json").read_text()) for n in ("vectors", "clip")
    )
    web_files.compare(vectors, actual["vectors"])
    web_files.compare(clip, actual["clip"])


@pytest.mark.parametrize("name", web_files.OTHER_MODELS)
def test_chromium_computes_what_python_computes_with_each_bundled_model(
    open_web_page: Callable[..., Any], chromium: Any, folder: Path, name: str
):
    predictor = web_files.with_moue_faces(name)
    web_files.write_files(web_model(predictor).files(), folder / name / "model")
    web_files.write_vectors(predictor, folder / name / "vectors")
    actual = open_web_page(chromium).evaluate(PREDICT, f"{name}/")
    vectors = json.loads((folder / name / "vectors/vectors.json").read_text())
    web_files.compare(vectors, actual["vectors"])


def test_a_picture_shows_its_faces_with_their_labels(
    open_web_page: Callable[..., Any], chromium: Any
):
    page = open_web_page(chromium)
    path = PICTURES / "face-002-smile.jpg"
    page.set_input_files("#picture-file", path)
    page.wait_for_selector(".face")
    (expected,) = Predictor.load().predict(read_image(path))
    assert page.inner_text(
        ".face .label"
    ) == f"{expected.label} {expected.probability:.0%}".replace("%", " %")
    page.click("#language")
    assert page.inner_text(".face .label").startswith("微笑")
    assert page.get_attribute("html", "lang") == "zh-CN"


def test_the_example_shows_four_faces(open_web_page: Callable[..., Any], chromium: Any):
    page = open_web_page(chromium)
    page.click("#example")
    page.wait_for_selector(".face:nth-child(4)")
    assert page.locator(".face").count() == 4


def test_a_file_that_is_no_picture_is_named(
    open_web_page: Callable[..., Any], chromium: Any, tmp_path: Path
):
    page = open_web_page(chromium)
    (tmp_path / "thesis.png").write_text("no picture")
    page.set_input_files("#picture-file", tmp_path / "thesis.png")
    page.wait_for_selector("text=thesis.png")
    assert "not a picture" in page.inner_text("#message")


def test_the_camera_fills_the_timeline_and_nothing_leaves(
    open_web_page: Callable[..., Any], camera_browser: Any, address: str, tmp_path: Path
):
    page = open_web_page(camera_browser)
    requests: list[Any] = []
    page.context.on("request", lambda request: requests.append(request))
    page.click("#camera")
    page.wait_for_selector(".face")
    page.wait_for_selector("#speed:not([data-fps='0'])")
    page.wait_for_timeout(1500)
    with page.expect_download() as download:
        page.click("#save")
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "face,label,start,end"
    assert rows[1].split(",")[1] in Predictor.load().classifier.spec.labels
    page.click("#stop")
    page.wait_for_selector("#view", state="hidden")
    assert not [r.url for r in requests if not r.url.startswith((address, f"blob:{address}"))]
    assert {request.method for request in requests} <= {"GET"}


def test_the_page_cannot_send_to_another_host(open_web_page: Callable[..., Any], chromium: Any):
    tried = open_web_page(chromium).evaluate(AWAY)
    assert tried == {"fetch": "refused", "image": "refused", "beacon": "refused"}


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "https://"),
        (
            "navigator.mediaDevices.getUserMedia = async () => "
            '{ throw new DOMException("no", "NotAllowedError") }',
            "refused",
        ),
    ],
    ids=["insecure", "refused"],
)
def test_a_missing_camera_is_explained(
    open_web_page: Callable[..., Any], chromium: Any, script: str, text: str
):
    page = open_web_page(chromium, script)
    page.click("#camera")
    page.wait_for_selector(f"#message:has-text('{text}')")


def test_the_page_opens_again_without_network(open_web_page: Callable[..., Any], chromium: Any):
    page = open_web_page(chromium)
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.context.set_offline(True)
    page.goto(page.url)
    page.wait_for_selector("html[data-ready]")
    page.click("#example")
    page.wait_for_selector(".face")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barriers(open_web_page: Callable[..., Any], chromium: Any, scheme: str):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_web_page(chromium, color_scheme=scheme, bypass_csp=True)
    page.click("#example")
    page.wait_for_selector(".face:nth-child(4)")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_frame_of_the_same_site_shows_the_whole_page_without_its_header(
    chromium: Any, folder: Path, address: str
):
    (folder / "around.html").write_text(
        '<iframe src="index.html" width="600" height="200"></iframe>'
    )
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}around.html")
    frame = page.frame_locator("iframe")
    frame.locator("#example:not([disabled])").click()
    frame.locator(".face:nth-child(4)").wait_for()
    page.wait_for_function("document.querySelector('iframe').clientHeight > 600")
    assert not frame.locator(".bar").is_visible()
    content = page.evaluate("document.querySelector('iframe').contentDocument.body.offsetHeight")
    assert page.evaluate("document.querySelector('iframe').clientHeight") == content
    context.close()


def test_nothing_is_wider_than_a_phone(open_web_page: Callable[..., Any], camera_browser: Any):
    for locale in ("en-US", "zh-CN"):
        page = open_web_page(camera_browser, viewport={"width": 390, "height": 844}, locale=locale)
        page.click("#camera")
        page.wait_for_selector(".face")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
