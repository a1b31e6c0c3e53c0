from __future__ import annotations

import json
import subprocess
import sys

import pytest

from moue.dataset.collect import html_reader
from moue.dataset.collect.engines.base import plain_text
from moue.dataset.collect.html_reader import TagReader, largest_in_srcset
from moue.dataset.collect.http.http_client import FetchedBody, HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.web_page import page_images
from moue.errors import Offline
from webserver import body

HOSTILE = {
    "srcset one word": ('<img srcset="', "a", ' y">'),
    "srcset words": ('<img srcset="', "a ", '">'),
    "srcset commas": ('<img srcset="', "a,", ' y">'),
    "srcset digits": ('<img srcset="a ', "1", 'x">'),
    "srcset spaces": ('<img srcset="a', " ", 'y">'),
    "less-than": ("", "<", ""),
    "open tags": ("", "<a ", ""),
    "attributes": ("<img ", "a=b ", ">"),
    "quotes": ("", '<a b="', ""),
    "equals": ("<img ", "=", ">"),
    "slashes": ("<img ", "/", ">"),
    "spaces": ("<img a", " ", "b"),
    "comments": ("", "<!--", ""),
    "dashes": ("<!--", "-- ", ""),
    "declarations": ("", "<!a", ""),
    "sections": ("", "<![CDATA[", ""),
    "conditions": ("", "<![if ", ""),
    "instructions": ("", "<?", ""),
    "script": ("<script>", "</", ""),
    "end tags": ("", "</a ", ""),
    "ampersands": ('<img src="', "&a", '">'),
    "digits of a character": ('<img src="&#', "9", '">'),
    "pictures": ("", "<img src=a>", ""),
    "links": ("", "<a href=a.jpg>", ""),
    "title": ("<title>", "</titl", ""),
}
GOOGLE = '["https://encrypted-tbn0.gstatic.com/a",1,2],["'
ENGINES = {
    "results": (GOOGLE, "x", ""),
    "open results": ("", GOOGLE, ""),
    "facts": (GOOGLE + 'x",1,2]', '"2003":[null,"', ""),
    "escapes": (GOOGLE, "\\\\", ""),
    "spaces in a list": ("[", " ", ""),
    "digits": ('["https://encrypted-tbn0.gstatic.com/a",', "1", ""),
}
CHILD = """
import json, resource, sys
from moue.dataset.collect.web_page import PageReader
from moue.dataset.collect.engines import bing
from moue.dataset.collect.engines import google
from moue.dataset.collect.engines import baidu
from moue.dataset.collect.http.robots import check_robots_tags
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
for name, (start, middle, end) in json.load(sys.stdin).items():
    print(name, flush=True)
    text = start + middle * (1_000_000 // len(middle)) + end
    PageReader().read(text)
    bing.ResultReader().read(text)
    check_robots_tags([text])
    for pattern in (google._RESULT, google._PAGE, google._ESCAPE, baidu._ESCAPE):
        list(pattern.finditer(text))
print("done")
"""


@pytest.mark.slow
def test_hostile_pages_need_linear_time_and_bounded_memory():
    """Quadratic time would be hours; the system ends the child after two minutes of work."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(HOSTILE | ENGINES),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.stdout.split("\n")[-2:] == ["done", ""], child.stdout[-100:] + child.stderr[-500:]


class Tags(TagReader):
    def __init__(self):
        super().__init__()
        self.found = []

    def on_tag(self, name, values):
        self.found.append((name, values))


def read(text):
    reader = Tags()
    return reader.read(text), reader.found


def test_page_is_read_up_to_the_part_limit(monkeypatch):
    monkeypatch.setattr(html_reader, "MAX_PARTS", 10)
    unread, found = read("<img src=a>" * 20)
    assert len(found) == 10
    assert "more than 10 tags" in unread
    assert read("<img src=a>" * 10)[0] is None


def test_too_long_tag_is_reported_and_skipped():
    long = "<img " + "a=b " * 200_000 + ">"
    unread, found = read(f"<img src=1>{long}<img src=2>")
    assert [values.get("src") for _, values in found] == ["1", "2"]
    assert "longer than" in unread


def test_long_script_hides_no_tags():
    script = "<script>" + "var a = '<img src=no>';" * 40_000 + "</script>"
    unread, found = read(f"<img src=1>{script}<img src=2>")
    assert unread is None
    assert [values["src"] for name, values in found if name == "img"] == ["1", "2"]


def test_tags_across_windows_are_read():
    one = '<img src="a.jpg" alt="x &amp; y">'
    unread, found = read(one * 20_000)
    assert unread is None
    assert found == [("img", {"src": "a.jpg", "alt": "x & y"})] * 20_000


@pytest.mark.parametrize(
    ("srcset", "url"),
    [
        ("", None), (" , ,, ", None), ("a.jpg", "a.jpg"), ("a.jpg 1x, b.jpg 2x", "b.jpg"),
        ("a.jpg 640w,b.jpg 320w", "a.jpg"), ("a,b.jpg 2x, c.jpg 1x", "a,b.jpg"),
        (",a.jpg, b.jpg 1.5x", "b.jpg"), ("a.jpg\n2x\t,\n b.jpg\r3x", "b.jpg"),
        ("a.jpg 640w 480h, b.jpg 100w", "a.jpg"), ("data:image/png,x 9x, a.jpg 1x", "a.jpg"),
        ("a.jpg 99999999999999999999999w, b.jpg 2x", "b.jpg"), ("a.jpg nanx, b.jpg 2w", "b.jpg"),
        ("a.jpg -5x, b.jpg 2w", "b.jpg"), ("a.jpg ٣x, b.jpg 2w", "b.jpg"),
    ],
)  # fmt: skip
def test_largest_srcset_candidate_is_chosen(srcset, url):
    assert largest_in_srcset(srcset) == url


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "utf-7", "raw_unicode_escape"])
def test_only_web_charsets_are_decoded(charset):
    answer = FetchedBody("", f"text/html; charset={charset}", "微笑 \\u0041 +AGE-".encode())
    assert answer.text() == "微笑 \\u0041 +AGE-"


def test_title_with_invalid_character_reference_is_kept():
    assert plain_text("<b>smile</b> &amp; &#" + "9" * 4990) is not None
    assert plain_text("<" * 5000) == "<" * 5000


def test_too_large_page_is_not_read(site):
    url = site.on("/page.html", body("<img src=a.jpg>" * 2_000_000))
    settings = WebSettings(allow_private=True, rate=0, robots=False)
    with HttpClient(settings) as client, pytest.raises(Offline, match="too_large"):
        list(page_images(client, url))
