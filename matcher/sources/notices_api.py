"""A client that fetches notices from Find a Tender and Contracts Finder page by page, with pauses and retries.

Both services return OCDS release packages of at most 100 releases. `links.next` in a package is the address of the next
page. The cursor in this address holds the time window and the position reached, so a later fetch can continue from
there. If a service receives too many requests, it responds with 429 (Contracts Finder: 403) or 503 and says how many
seconds to wait. See https://www.find-tender.service.gov.uk/apidocumentation/1.0/GET-ocdsReleasePackages and
https://www.contractsfinder.service.gov.uk/apidocumentation/Notices/1/GET-Published-Notice-OCDS-Search.
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

_RETRIED: Final = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
# The waits are in seconds. Contracts Finder asks clients to wait five minutes after a 403.
_FORBIDDEN_WAIT: Final = 300.0
_LONGEST_WAIT: Final = 600.0
_FIRST_WAIT: Final = 2.0
_MAX_PAGE: Final = 256 * 1_048_576
_SECOND: Final = "%Y-%m-%dT%H:%M:%S"
_REPORT_IT: Final = "Report it to the publisher"


@dataclass(frozen=True)
class NoticeService:
    """A service's address, and the names of its parameters for the start and end of a time window."""

    source: str
    url: str
    since: str
    until: str

    def first_page(self, since: datetime, until: datetime) -> str:
        """Return the address of the first page that lists notices changed between `since` and `until`."""
        window = {self.since: since.strftime(_SECOND), self.until: until.strftime(_SECOND), "limit": "100"}
        return str(httpx.URL(self.url, params=window))


@dataclass(frozen=True)
class Page:
    """A decoded release package and its address. `next` is the address of the next page, or None on the last page."""

    url: str
    package: dict[str, Any]
    next: str | None


@dataclass(frozen=True)
class RequestPolicy:
    """How to send requests: the user agent, the pause and timeout in seconds, and the number of attempts per page."""

    user_agent: str
    pause: float = 5.0
    timeout: float = 60.0
    attempts: int = 8


class _RetryableError(MatcherError):
    """A failure that another attempt may resolve. `wait` is the wait in seconds that the service asked for, if any."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class NoticesClient:
    """A client that fetches pages from a service. Use it as a context manager. Tests pass their own `sleep`."""

    def __init__(
        self, service: NoticeService, policy: RequestPolicy, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._service, self._policy, self._sleep = service, policy, sleep
        headers = {"User-Agent": policy.user_agent, "Accept": "application/json"}
        self._http = httpx.Client(timeout=policy.timeout, headers=headers, follow_redirects=False)
        self._has_sent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def pages(self, url: str) -> Iterator[Page]:
        """Yield the page at `url` and the pages that follow it, one request at a time.

        Raises:
            Unavailable: the service refuses the request, a page is too large, or every attempt fails.
            InvalidInput: the address of the next page is on another server, or was already fetched.

        """
        following: str | None = url
        seen: set[str] = set()
        while following is not None:
            if following in seen:
                raise InvalidInput(
                    f"{self._service.source} links to a page that was already fetched", remedy=_REPORT_IT
                )
            seen.add(following)
            page = self._page(following)
            yield page
            following = page.next

    def _page(self, url: str) -> Page:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_RetryableError),
            stop=tenacity.stop_after_attempt(self._policy.attempts),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            package = retrying(self._request, url)
        except _RetryableError as error:
            raise Unavailable(
                f"{self._service.source} gives no usable response: {error}",
                remedy="Fetch again later. The pages fetched so far are saved, and the next fetch continues from there",
            ) from error
        return Page(url, package, self._next(url, package))

    def _request(self, url: str) -> dict[str, Any]:
        if self._has_sent:
            self._sleep(self._policy.pause)
        self._has_sent = True
        try:
            with self._http.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise self._failure(response)
                return _package(_body(response))
        except httpx.TransportError as error:
            raise _RetryableError(f"the connection failed ({type(error).__name__})") from error

    def _failure(self, response: httpx.Response) -> MatcherError:
        if response.status_code in _RETRIED:
            wait = _retry_after(response.headers.get("Retry-After"))
            default = _FORBIDDEN_WAIT if response.status_code == httpx.codes.FORBIDDEN else None
            return _RetryableError(f"it responds with {response.status_code}", default if wait is None else wait)
        return Unavailable(
            f"{self._service.source} refuses the request with {response.status_code}",
            remedy="Check the dates and the address of the service in the settings",
        )

    def _next(self, url: str, package: dict[str, Any]) -> str | None:
        links = package.get("links")
        following = links.get("next") if isinstance(links, dict) else None
        if not following:
            return None
        joined = httpx.URL(url).join(str(following))
        service = httpx.URL(self._service.url)
        if (joined.scheme, joined.host, joined.port) != (service.scheme, service.host, service.port):
            raise InvalidInput(f"{self._service.source} links to a next page on another server", remedy=_REPORT_IT)
        return str(joined)


def _body(response: httpx.Response) -> bytes:
    pieces, size = [], 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > _MAX_PAGE:
            raise Unavailable(f"a page is larger than {_MAX_PAGE:,} bytes", remedy=_REPORT_IT)
        pieces.append(piece)
    return b"".join(pieces)


def _package(body: bytes) -> dict[str, Any]:
    """Return the release package in `body`. Raise a `_RetryableError` if there is none."""
    try:
        package = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _RetryableError("the page is not JSON") from error
    if not isinstance(package, dict) or not isinstance(package.get("releases"), list):
        raise _RetryableError("the page is not a release package")
    return package


def _retry_after(value: str | None) -> float | None:
    """Return the wait in seconds that a Retry-After header gives as a number or a date, or None if it gives neither."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _wait(state: tenacity.RetryCallState) -> float:
    """Return how long to wait, in seconds: as long as the service asked, or else twice as long after each attempt."""
    error = state.outcome.exception() if state.outcome else None
    requested = error.wait if isinstance(error, _RetryableError) else None
    growing = _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)
    return min(_LONGEST_WAIT, growing if requested is None else requested)
