"""Fetching: the pages of a notice service into the register, one transaction a page.

The address of the next page is kept with each page, in its transaction: whatever stops the work, it goes on there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select

from matcher.foundations.errors import InvalidInput, Place
from matcher.register.intake import IntakeReport, take_releases, trimmed
from matcher.register.schema import progress
from matcher.sources.notices_api import NoticesClient, NoticeService, Page
from matcher.sources.ocds import releases_in
from matcher.store import Store, Writer
from matcher.store.rows import insert_into

# A new window begins before the end of the last: publishers' clocks and summer time may be off.
_OVERLAP: Final = timedelta(hours=2)


@dataclass
class FetchReport:
    """What came of fetching: pages, whether a stopped run was gone on with, whether all of the window is here."""

    pages: int = 0
    resumed: bool = False
    complete: bool = False
    taken: IntakeReport = field(default_factory=IntakeReport)


@dataclass(frozen=True)
class _Window:
    since: str
    until: str
    next: str | None


def fetch(
    store: Store,
    service: NoticeService,
    client: NoticesClient,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    most_pages: int | None = None,
    told: Callable[[int], None] | None = None,
) -> FetchReport:
    """Fetch what a service has published since `since`: where that is left out, since the last time.

    A window that was begun and not finished is gone on with, unless `since` asks for another one.

    Raises:
        InvalidInput: `since` is left out the first time, or lies in the future.
        Unavailable: the service or the store cannot be used; the pages before are kept.

    """
    window, resumed = _window(store, service, since, until or datetime.now(UTC))
    report = FetchReport(resumed=resumed)
    if window.next is not None:
        for page in islice(client.pages(window.next), most_pages):
            report.taken.add(_take_page(store, service, window, page))
            report.pages += 1
            if told:
                told(report.pages)
    report.complete = _kept(store, service).next is None
    return report


def _window(store: Store, service: NoticeService, since: datetime | None, now: datetime) -> tuple[_Window, bool]:
    before = _found(store, service)
    if before and before.next and (since is None or since.isoformat() == before.since):
        return before, True
    if since is None and before is None:
        raise InvalidInput("nothing was fetched before", remedy="Say since when to fetch, with --from 2025-03-01")
    start = since or datetime.fromisoformat(before.until if before else "") - _OVERLAP
    if start >= now:
        raise InvalidInput("there is nothing to fetch from the future", remedy="Give a day in the past with --from")
    window = _Window(start.isoformat(), now.isoformat(), service.first(start, now))
    with store.writing() as writer:
        _keep(writer, service, window)
    return window, False


def _take_page(store: Store, service: NoticeService, window: _Window, page: Page) -> IntakeReport:
    """Take one page and how far that is, in one transaction. A release that cannot be used is counted, no more:
    it would stop all fetching for ever.
    """
    report = IntakeReport(files=1)

    def refuse(_: InvalidInput) -> None:
        report.rejected += 1

    releases = []
    for number, release in enumerate(releases_in(page.package), start=1):
        try:
            releases.append(trimmed(release, Place(file=page.url), f"release {number}", report))
        except InvalidInput as problem:
            refuse(problem)
    with store.writing() as writer:
        take_releases(writer, releases, report, refuse)
        _keep(writer, service, _Window(window.since, window.until, page.next))
    return report


def _found(store: Store, service: NoticeService) -> _Window | None:
    with store.reading() as connection:
        row: Any = connection.execute(select(progress).where(progress.c.source == service.source.value)).first()
    return _Window(row.since, row.until, row.next) if row else None


def _kept(store: Store, service: NoticeService) -> _Window:
    return _found(store, service) or _Window("", "", None)


def _keep(writer: Writer, service: NoticeService, window: _Window) -> None:
    values = {"source": service.source.value, "since": window.since, "until": window.until, "next": window.next}
    upsert = insert_into(writer.connection, progress).values(values)
    new = {name: values[name] for name in ("since", "until", "next")}
    writer.connection.execute(upsert.on_conflict_do_update(index_elements=["source"], set_=new))
