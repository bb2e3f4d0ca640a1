"""Fetching: import pages from a notice service into the register, using one transaction per page.

Each transaction also stores the address of the next page, so that an interrupted fetch can continue from that page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select

from matcher.foundations.errors import InvalidInput, Place
from matcher.register.import_report import ImportReport
from matcher.register.notices import import_releases, trim_release
from matcher.register.schema import progress
from matcher.sources.notices_api import NoticesClient, NoticeService, Page
from matcher.sources.ocds import ReleaseIds, releases_in
from matcher.sources.statement import SourceWarning
from matcher.store import Store, Writer
from matcher.store.rows import insert_into

# A new time window overlaps the previous one, in case a publisher's clock is wrong or summer time begins or ends.
_OVERLAP: Final = timedelta(hours=2)


@dataclass
class FetchReport:
    """The result of a fetch.

    `pages` is the number of pages fetched. `resumed` says whether the fetch continued an earlier one, and `complete`
    whether every page of the time window has been fetched.
    """

    pages: int = 0
    resumed: bool = False
    complete: bool = False
    imported: ImportReport = field(default_factory=ImportReport)


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
    on_page: Callable[[int], None] | None = None,
) -> FetchReport:
    """Fetch the notices that `service` published from `since` to `until`.

    `until` defaults to now, and `since` to two hours before the end of the last fetch. An earlier fetch that was
    not completed continues with its own time window, unless `since` differs from the start of that window.
    `most_pages` limits the number of pages in this call. `on_page` is called after each page with the number fetched.

    Raises:
        InvalidInput: `since` is missing and there is no earlier fetch, `since` is not before `until`, or the next page
            is on another server or was already fetched.
        Unavailable: the service or the store cannot be used. The pages already fetched remain saved.

    """
    window, resumed = _window(store, service, since, until)
    report = FetchReport(resumed=resumed)
    if window.next is not None:
        for page in islice(client.pages(window.next), most_pages):
            _import_page(store, service, window, page, report.imported)
            report.pages += 1
            if on_page:
                on_page(report.pages)
    saved = _saved(store, service)
    report.complete = saved is None or saved.next is None
    return report


def _window(
    store: Store, service: NoticeService, since: datetime | None, until: datetime | None
) -> tuple[_Window, bool]:
    """Return the time window to fetch, and whether it continues an earlier fetch. If the window is new, save it."""
    before = _saved(store, service)
    if before and before.next and (since is None or since.isoformat() == before.since):
        return before, True
    if since is None and before is None:
        raise InvalidInput(
            "there is no earlier fetch to continue",
            remedy="Enter a start date, for example --from 2025-03-01",
        )
    start = since or datetime.fromisoformat(before.until if before else "") - _OVERLAP
    end = until or datetime.now(UTC)
    if start >= end:
        raise _not_before(start, end, is_given=since is not None, ends_now=until is None)
    window = _Window(start.isoformat(), end.isoformat(), service.first_page(start, end))
    with store.writing() as writer:
        _save(writer, service, window)
    return window, False


def _not_before(start: datetime, end: datetime, *, is_given: bool, ends_now: bool) -> InvalidInput:
    if ends_now:
        return InvalidInput("the start date is not in the past", remedy="Enter an earlier date with --from")
    if is_given:
        problem = f"the start, {start:%Y-%m-%d}, is not before the end, {end:%Y-%m-%d}"
        return InvalidInput(problem, remedy="Enter an earlier date with --from, or a later one with --until")
    problem = f"the end, {end:%Y-%m-%d}, is not after the last fetch, which ended on {start + _OVERLAP:%Y-%m-%d}"
    return InvalidInput(problem, remedy="Enter a later date with --until, or the first day to fetch with --from")


def _import_page(store: Store, service: NoticeService, window: _Window, page: Page, report: ImportReport) -> None:
    """Import a page and save the address of the next page, in one transaction.

    An unusable release is reported but raises no error, because an error would stop every later fetch at this page.
    """
    report.files += 1

    def reject(problem: InvalidInput) -> None:
        report.rejected += 1
        action = f"left out. {problem.remedy}"
        report.warn(SourceWarning(page.url, "", problem.place.field or "", problem.problem, action))

    releases, ids = [], ReleaseIds()
    for number, release in enumerate(releases_in(page.package), start=1):
        try:
            releases.append(trim_release(release, Place(file=page.url), number, report, ids))
        except InvalidInput as problem:
            reject(problem)
    with store.writing() as writer:
        import_releases(writer, releases, report, reject)
        _save(writer, service, _Window(window.since, window.until, page.next))


def _saved(store: Store, service: NoticeService) -> _Window | None:
    with store.reading() as connection:
        row: Any = connection.execute(select(progress).where(progress.c.source == service.source)).first()
    return _Window(row.since, row.until, row.next) if row else None


def _save(writer: Writer, service: NoticeService, window: _Window) -> None:
    values = {"source": service.source, "since": window.since, "until": window.until, "next": window.next}
    upsert = insert_into(writer.connection, progress).values(values)
    new = {name: values[name] for name in ("since", "until", "next")}
    writer.connection.execute(upsert.on_conflict_do_update(index_elements=["source"], set_=new))
