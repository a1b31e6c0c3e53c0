"""What the HTTP servers of moue share: endpoints, checks of requests, errors, OpenAPI, live video.

`moue.studio` and `moue.server` build their applications on it. Only their commands import it.
"""
