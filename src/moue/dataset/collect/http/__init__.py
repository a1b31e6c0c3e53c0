"""HTTP client with rate limits, robots.txt, and protection against malicious servers.

- `http_client`: the client, which combines the other modules.
- `url_guard`, `robots`, `rate_limiter`: check the address, the rules of the site and the time of
  each request.
- `connection`, `http_response`: connection pool, and parser of responses.
- `fetch_error`: `FetchError`, raised for a URL that cannot be fetched, and its reasons.
"""
