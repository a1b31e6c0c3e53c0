"""Pages in Chromium and the WebSocket of `moue live`: own pages connect, foreign pages do not."""

from __future__ import annotations

import re
import shutil

import pytest

from moue.live.senders.message import Message
from webserver import body, served

pytest.importorskip("websockets")
from moue.live.senders.websocket import websocket_sender

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGE = """<!doctype html><title>waiting</title><script>
const moue = new WebSocket("URL");
moue.onopen = () => { document.title = "open"; };
moue.onmessage = ({ data }) => { document.title = JSON.parse(data).label; };
moue.onerror = () => { document.title = "refused"; };
</script>"""


@pytest.fixture
def page(chromium):
    """A page of a browser that leaves the protection of this machine to moue."""
    checks = "LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"
    flags = ["--no-sandbox", f"--disable-features={checks}"]
    path = shutil.which("chromium")
    browser = chromium.browser_type.launch(executable_path=path, args=flags)
    yield browser.new_page()
    browser.close()


def test_a_page_of_this_machine_receives_messages(page):
    said = []
    with websocket_sender("0", (), said.append) as send, served() as site:
        url = re.search(r"ws://\S+", said[0])[0]
        page.goto(site.on("/avatar", body(PAGE.replace("URL", url))))
        page.wait_for_function("document.title === 'open'")
        send(Message("label", {"track": 1, "label": "smile"}))
        page.wait_for_function("document.title === 'smile'")


@pytest.mark.parametrize("address", ["http://foreign.example/", "data:text/html"])
def test_a_foreign_page_receives_nothing(page, address):
    said = []
    with websocket_sender("0", (), said.append):
        html = PAGE.replace("URL", re.search(r"ws://\S+", said[0])[0])
        if address.startswith("data:"):
            page.goto(f"{address},{html}")
        else:
            page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
            page.goto(address)
        page.wait_for_function("document.title === 'refused'")
    assert "was refused; --websocket-origin" in said[1]
