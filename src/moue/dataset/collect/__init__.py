"""Stage 1: add pictures and their provenance to the catalog.

- `collect_files`, `collect_video`: folders, file lists and videos; `register_files` adds the files.
- `collect_search`, `collect_urls`: search engines and archives (`engines/`), URL lists and web
  pages. All of them yield `Candidate`s, which `download_files` downloads.
- `collect_camera`: frames of a camera.
- `http/`: the HTTP client with rate limits, robots.txt and URL checks.
"""
