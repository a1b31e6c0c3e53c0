from __future__ import annotations

import json

from moue.dataset.provenance_summary import (
    sample_history,
    samples_with_provenance,
    summarize_sources,
)


def test_sources_have_a_summary_and_samples_a_history(fetch, catalog, used, tmp_path):
    (source,) = summarize_sources(catalog)
    assert (source.name, source.pictures) == (f"list:{tmp_path / 'urls.txt'}", 3)
    assert source.licences == {"not stated": 3}
    assert source.labels == {"smile": 3}
    told = [
        sample_history(catalog, sample, came) for sample, came in samples_with_provenance(catalog)
    ]
    assert json.loads(json.dumps(told[0]))["origins"][0]["url"] == used[0].source
    assert (told[0]["sha256"], told[0]["steps"]) == (used[0].sha256, ["convert"])
    assert told[0]["mouths"][0]["label"] == "smile"
