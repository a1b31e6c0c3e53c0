"""The structured log: one JSON object per line on stderr."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class Log:
    """Writes one JSON object per event."""

    def __init__(self, requests: bool = True) -> None:
        """Create the log.

        Args:
            requests: True to log each request; False to log starts, stops and errors only.
        """
        self._requests = requests

    def write(self, event: str, level: str = "info", **fields: Any) -> None:
        """Write an event.

        Args:
            event: name of the event, such as `request`.
            level: `info`, `warning` or `error`.
            fields: data of the event.
        """
        if event == "request" and not self._requests:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "level": level, "event": event} | fields)
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class LogHandler(logging.Handler):
    """Writes the records of Python's logging to a `Log`."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record with its attribute `fields`; its traceback becomes a field."""
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.format(record).partition("\n")[2]
        self._log.write(record.getMessage(), record.levelname.lower(), **fields)
