"""Where search engines answer, and the files with their answers."""

from __future__ import annotations

from pathlib import Path

from moue.dataset.collect.candidate import Filters
from moue.dataset.collect.http.http_settings import WebSettings

ANSWERS = Path(__file__).parent / "dataset" / "answers"
PATHS = {
    "openverse": "/v1/images/", "commons": "/w/api.php", "bing": "/images/async",
    "baidu": "/search/acjson", "google": "/search",
}  # fmt: skip
ANY = Filters()
SETTINGS = WebSettings(allow_private=True, rate=0, timeout=5, max_backoff=0)
