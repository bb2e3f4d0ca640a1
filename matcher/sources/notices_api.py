"""The notices of Find a Tender and Contracts Finder over HTTP: a page at a time, politely, and not put off.

Both answer with OCDS release packages of at most 100 releases and name the next page in `links.next`, whose cursor
stands for the window of time and the place in it, so that fetching can go on there later:
https://www.find-tender.service.gov.uk/apidocumentation/1.0/GET-ocdsReleasePackages and
https://www.contractsfinder.service.gov.uk/apidocumentation/Notices/1/GET-Published-Notice-OCDS-Search. Too many
requests are answered with 429 (or 403 by Contracts Finder) and the seconds to wait; 503 likewise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx
import tenacity

from matcher.foundations.errors import InvalidInput, MatcherError, Unavailable
from matcher.sources.statement import Source

_RETRIED: Final = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
# The rule of Contracts Finder for whoever asked too often, and the longest that is waited at once; seconds.
_FORBIDDEN_WAIT: Final = 300.0
_LONGEST_WAIT: Final = 600.0
_FIRST_WAIT: Final = 2.0
_MAX_PAGE: Final = 256 * 1_048_576
_SECOND: Final = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class NoticeService:
    """An address that answers with pages of releases, and how it calls the ends of a window of time."""

    source: Source
    url: str
    since: str
    until: str

    def first(self, since: datetime, until: datetime) -> str:
        """Return the address of the first page of what was changed from `since` to `until`."""
        window = {self.since: since.strftime(_SECOND), self.until: until.strftime(_SECOND), "limit": "100"}
        return str(httpx.URL(self.url, params=window))


@dataclass(frozen=True)
class Page:
    """A decoded release package, its address, and the address of the next one; None after the last."""

    url: str
    package: dict[str, Any]
    next: str | None


@dataclass(frozen=True)
class Manners:
    """How a service is asked: who we say we are, seconds between requests and until we give up on one, tries."""

    user_agent: str
    pause: float = 5.0
    timeout: float = 60.0
    tries: int = 8


class _TryAgain(MatcherError):
    """An answer that may be better the next time; `wait` in seconds, where the service said."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class NoticesClient:
    """Asks a service for pages. Use it as a context; `sleep` and `now` stand in for the clock in tests."""

    def __init__(
        self, service: NoticeService, manners: Manners, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._service, self._manners, self._sleep = service, manners, sleep
        headers = {"User-Agent": manners.user_agent, "Accept": "application/json"}
        self._http = httpx.Client(timeout=manners.timeout, headers=headers, follow_redirects=False)
        self._asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def pages(self, url: str) -> Iterator[Page]:
        """Yield the page at `url` and those after it, one request at a time.

        Raises:
            Unavailable: the service refuses, or gives no usable answer however often it is asked.
            InvalidInput: it names a next page elsewhere, or one that was fetched before.

        """
        following: str | None = url
        seen: set[str] = set()
        while following is not None:
            if following in seen:
                raise InvalidInput(
                    f"{self._service.source} names a page again that was fetched before",
                    remedy="Take it up with the publisher",
                )
            seen.add(following)
            page = self._page(following)
            yield page
            following = page.next

    def _page(self, url: str) -> Page:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(self._manners.tries),
            wait=_waited,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            package = retrying(self._ask, url)
        except _TryAgain as error:
            raise Unavailable(
                f"{self._service.source} gives no usable answer: {error}",
                remedy="Fetch again later: what was fetched is kept, and fetching goes on where it stopped",
            ) from error
        return Page(url, package, self._next(url, package))

    def _ask(self, url: str) -> dict[str, Any]:
        if self._asked:
            self._sleep(self._manners.pause)
        self._asked = True
        try:
            with self._http.stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise self._refusal(answer)
                return _package(_body(answer))
        except httpx.TransportError as error:
            raise _TryAgain(f"the connection failed ({type(error).__name__})") from error

    def _refusal(self, answer: httpx.Response) -> MatcherError:
        if answer.status_code in _RETRIED:
            wait = _retry_after(answer.headers.get("Retry-After"))
            default = _FORBIDDEN_WAIT if answer.status_code == httpx.codes.FORBIDDEN else None
            return _TryAgain(f"it answers {answer.status_code}", default if wait is None else wait)
        return Unavailable(
            f"{self._service.source} refuses the request with {answer.status_code}",
            remedy="Check the dates, and the address in the settings",
        )

    def _next(self, url: str, package: dict[str, Any]) -> str | None:
        links = package.get("links")
        following = links.get("next") if isinstance(links, dict) else None
        if not following:
            return None
        joined = httpx.URL(url).join(str(following))
        here = httpx.URL(self._service.url)
        if (joined.scheme, joined.host, joined.port) != (here.scheme, here.host, here.port):
            raise InvalidInput(
                f"{self._service.source} names a next page at another address", remedy="Take it up with the publisher"
            )
        return str(joined)


def _body(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > _MAX_PAGE:
            raise Unavailable("an answer is larger than a page may be", remedy="Take it up with the publisher")
        pieces.append(piece)
    return b"".join(pieces)


def _package(body: bytes) -> dict[str, Any]:
    """Return a decoded package; what is cut off or is no package may be whole the next time."""
    try:
        package = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _TryAgain("the page is not JSON") from error
    if not isinstance(package, dict) or not isinstance(package.get("releases"), list):
        raise _TryAgain("the page is no release package")
    return package


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a point in time."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _waited(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _TryAgain) else None
    growing = _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)
    return min(_LONGEST_WAIT, growing if asked is None else asked)
