"""Stage 1: register pictures with their provenance.

- `collect_files`, `collect_video`: folders, file lists and videos; `register_files` adds them.
- `collect_search`: search engines and archives (`engines/`), URL lists and web pages
  (`collect_urls`). Both yield `Candidate`s, which `download_files` turns into files.
- `collect_camera`: frames of a camera.
- `http/`: the HTTP client with rate limits, robots.txt and URL checks.
"""
