"""The HTTP client that collects pictures: polite to servers, and safe against hostile ones.

`url_guard` checks where a request may go, `robots` whether the site allows it, and
`rate_limiter` when. `connection` connects, `http_response` parses, and `http_client` puts them
together. A URL that cannot be fetched raises `FetchError` with a reason.
"""
