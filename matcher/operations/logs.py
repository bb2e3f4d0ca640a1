"""Log configuration for the service: one line per event on stderr, as JSON or text."""

from __future__ import annotations

import logging
from typing import Any, Final, Literal

from matcher.foundations.personal_data import redact

_EXTRA: Final = "%(message)s %(route)s %(method)s %(status)s %(milliseconds)s ms %(request_id)s"
_JSON: Final[dict[str, Any]] = {
    "()": "pythonjsonlogger.json.JsonFormatter",
    "format": "%(levelname)s %(name)s %(message)s",
    "rename_fields": {"levelname": "level", "name": "logger"},
    "timestamp": True,
}
_TEXT: Final[dict[str, Any]] = {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
_REQUESTS: Final[dict[str, Any]] = {"format": f"%(asctime)s {_EXTRA}"}


class ContactFilter(logging.Filter):
    """Redacts contact details in messages and tracebacks, for example in an error about a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact `record` and return True."""
        record.msg, record.args = redact(record.getMessage()).text, None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None  # so that the formatter uses the text
        if record.exc_text:
            record.exc_text = redact(record.exc_text).text
        return True


def log_config(form: Literal["json", "text"]) -> dict[str, Any]:
    """Return the `logging` configuration for the service, in the form that `logging.config.dictConfig` takes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            # Copies, because logging changes the dictionaries.
            "events": dict(_JSON if form == "json" else _TEXT),
            "requests": dict(_JSON if form == "json" else _REQUESTS),
        },
        "filters": {"contacts": {"()": ContactFilter}},
        "handlers": {
            name: {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": name,
                "filters": ["contacts"],
            }
            for name in ("events", "requests")
        },
        "loggers": {
            "api.middleware.telemetry": {"level": "INFO", "handlers": ["requests"], "propagate": False},
            "uvicorn": {"level": "WARNING"},
        },
        "root": {"level": "WARNING", "handlers": ["events"]},
    }
