"""Readiness: brings the index and the encoder up in the background, and says what is still missing."""

from __future__ import annotations

import logging
import threading
from typing import Final

from api.requests.validation import Finding
from matcher.embedding import Progress
from matcher.foundations.errors import MatcherError, Unavailable
from matcher.records import Need
from matcher.search.engine import Engine

# How long a question for readiness waits for an index that has only a little to catch up, in seconds.
_PATIENCE: Final = 0.5
# A first search loads the encoder and lays out what every later search uses.
_FIRST_SEARCH: Final = "Is the service ready to answer?"

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The service is stopping, so the work ends here."""


class Readiness:
    """Ready once the index is in step with the database and the first search has been made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._searched = threading.Event()
        self._sequence = -1  # of the index when it was last looked at
        self._starting = threading.Lock()
        self._work: threading.Thread | None = None

    def start(self) -> threading.Thread:
        """Bring index and encoder up in the background, unless that is under way."""
        with self._starting:
            if self._work is None or not self._work.is_alive():
                self._work = threading.Thread(target=self._bring_up, name="readiness", daemon=True)
                self._work.start()
            return self._work

    def stop(self) -> None:
        """End the work under way and, where the index is up, write a snapshot of it."""
        self._stopping.set()
        if self._work is not None:
            self._work.join()
        if self._sequence >= 0:
            self._save()

    def missing(self) -> list[Finding]:
        """Return what is not ready, nothing where all is."""
        try:
            latest = self._engine.store.sequence()
        except Unavailable as error:
            _log.warning("%s", error)
            return [_missing("database", "cannot be used")]
        if self._sequence < latest or not self._searched.is_set():
            self.start().join(_PATIENCE)
        findings = []
        if self._sequence < latest:
            findings.append(_missing("index", "is not in step with the database yet"))
        if not self._searched.is_set():
            findings.append(_missing("encoder", "is not loaded yet"))
        return findings

    def require(self) -> None:
        """Return if a search would be answered at once, but for what changed since the last one.

        Raises:
            Unavailable: the index or the encoder is not up yet. A search would wait for them, and many of
                them would leave no room for other requests.

        """
        if not self._searched.is_set():
            self.start()
            raise Unavailable("the index or the encoder is not up yet", remedy="Ask again in a moment")

    def _bring_up(self) -> None:
        try:
            self._sequence = self._engine.index(self._announce).sequence
            if not self._searched.is_set():
                self._save()
                self._engine.search(Need.of_text(_FIRST_SEARCH), top=1)
                self._searched.set()
        except _Stopped:
            _log.info("stopped before the index was in step")
        except MatcherError as error:
            _log.error("the index or the encoder cannot be brought up: %s", error)
        except Exception:
            _log.exception("the index or the encoder cannot be brought up")

    def _announce(self, _: int) -> Progress:
        return self._go_on

    def _go_on(self, _: int) -> None:
        if self._stopping.is_set():
            raise _Stopped

    def _save(self) -> None:
        """Write a snapshot; without one the next start only takes longer."""
        try:
            self._engine.save()
        except (MatcherError, OSError) as error:
            _log.warning("no snapshot of the index was written: %s", error)


def _missing(part: str, problem: str) -> Finding:
    return Finding(field=part, problem=f"the {part} {problem}", remedy="Ask again in a moment; the log tells more")
