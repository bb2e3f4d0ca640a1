"""Readiness: loads the index and the encoder in the background and reports what is not ready."""

from __future__ import annotations

import logging
import threading
from typing import Final

from api.problems.field_errors import FieldError
from matcher.embedding import Progress
from matcher.foundations.errors import MatcherError, Unavailable
from matcher.records import Need
from matcher.search.engine import Engine

# How long a readiness check waits for an index that is only slightly out of date, in seconds.
_MAX_WAIT: Final = 0.5
# The query for the first search, which loads the encoder and builds what every later search uses.
_FIRST_SEARCH: Final = "Is the service ready to answer?"

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The service is stopping, so loading ends here."""


class Readiness:
    """Whether the service is ready: the index is up to date and the first search has been done."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._searched = threading.Event()
        self._sequence = -1  # the index's sequence number after the last update
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> threading.Thread:
        """Return the background thread that loads the index and the encoder. Start the thread if none is running."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._load, name="readiness", daemon=True)
                self._thread.start()
            return self._thread

    def stop(self) -> None:
        """Stop loading. If the index is loaded, save a snapshot of it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._sequence >= 0:
            self._save()

    def missing(self) -> list[FieldError]:
        """Return an entry for each part (`database`, `index`, `encoder`) that is not ready. Return [] if all are ready.

        If the index is out of date or no search has been made, start loading and wait briefly.
        """
        try:
            latest = self._engine.store.sequence()
        except Unavailable as error:
            _log.warning("%s", error)
            return [_not_ready("database", "is not available")]
        if self._sequence < latest or not self._searched.is_set():
            self.start().join(_MAX_WAIT)
        parts = []
        if self._sequence < latest:
            parts.append(_not_ready("index", "is not up to date yet"))
        if not self._searched.is_set():
            parts.append(_not_ready("encoder", "is not loaded yet"))
        return parts

    def require(self) -> None:
        """Check that a search could be answered without loading anything first.

        The search may still have to index recent changes.

        Raises:
            Unavailable: the index or the encoder is not loaded. Searches would wait for them, and many waiting
                searches would leave no thread for other requests.

        """
        if not self._searched.is_set():
            self.start()
            raise Unavailable("the index or the encoder is not loaded yet", remedy="Try again in a moment")

    def _load(self) -> None:
        try:
            self._sequence = self._engine.index(self._on_start).sequence
            if not self._searched.is_set():
                self._save()
                self._engine.search(Need.from_text(_FIRST_SEARCH), top=1)
                self._searched.set()
        except _Stopped:
            _log.info("stopped before the index was up to date")
        except MatcherError as error:
            _log.error("the index or the encoder could not be loaded: %s", error)
        except Exception:
            _log.exception("the index or the encoder could not be loaded")

    def _on_start(self, _: int) -> Progress:
        return self._on_progress

    def _on_progress(self, _: int) -> None:
        if self._stopping.is_set():
            raise _Stopped

    def _save(self) -> None:
        """Save a snapshot of the index. If saving fails, the only effect is that the next start takes longer."""
        try:
            self._engine.save()
        except (MatcherError, OSError) as error:
            _log.warning("the snapshot of the index could not be saved: %s", error)


def _not_ready(part: str, problem: str) -> FieldError:
    remedy = "Try again in a moment; the service's log gives the cause"
    return FieldError(field=part, problem=f"the {part} {problem}", remedy=remedy)
