"""Fetching from a service that is slow or faulty: every page is imported once, and fetching can continue later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.register import FetchReport, fetch
from matcher.sources.notices_api import NoticesClient, RequestPolicy
from matcher.store import Store
from tests.support.commands import Command
from tests.support.notices import FIND_A_TENDER, party, release
from tests.support.replay import Replay, replaying

SINCE = datetime(2025, 3, 1, tzinfo=UTC)
UNTIL = datetime(2025, 3, 8, tzinfo=UTC)
PAGES = [
    [release(n, ocid=f"{FIND_A_TENDER}-{n:06x}", suppliers=(party(f"Firm {n} Ltd", company=f"{n:08d}"),))
     for n in range(page * 3 + 1, page * 3 + 4)]
    for page in range(3)
]  # fmt: skip


@contextmanager
def client(replay: Replay, waits: list[float] | None = None, **policy: Any) -> Iterator[NoticesClient]:
    waits = waits if waits is not None else []
    requests = RequestPolicy("matcher tests", **{"pause": 1.5, "timeout": 5.0, "attempts": 4, **policy})
    with NoticesClient(replay.service(), requests, sleep=waits.append) as opened:
        yield opened


def fetched(store: Store, replay: Replay, waits: list[float] | None = None, **options: Any) -> FetchReport:
    policy = options.pop("policy", {})
    with client(replay, waits, **policy) as opened:
        return fetch(store, replay.service(), opened, **{"since": SINCE, "until": UNTIL, **options})


def test_all_pages_are_imported_in_order(file_store: Store) -> None:
    waits: list[float] = []
    with replaying(*PAGES) as replay:
        report = fetched(file_store, replay, waits)
    assert (report.pages, report.complete, report.resumed) == (3, True, False)
    assert file_store.counts() == {"profiles": 9, "needs": 9}
    assert replay.requests == [
        "/ocdsReleasePackages?updatedFrom=2025-03-01T00%3A00%3A00&updatedTo=2025-03-08T00%3A00%3A00&limit=100",
        "/ocdsReleasePackages?cursor=C1",
        "/ocdsReleasePackages?cursor=C2",
    ]
    assert replay.agents == {"matcher tests"}
    assert waits == [1.5, 1.5], "a pause between requests"
    need = file_store.need(f"{FIND_A_TENDER}-000001")
    assert need.source == "find-a-tender"


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        ((429, {"Retry_After": "120"}), 120.0),
        ((429, {}), 2.0),
        ((503, {"Retry_After": "7"}), 7.0),
        ((500, {}), 2.0),
        ((403, {}), 300.0),
        ((429, {"Retry_After": "99999"}), 600.0),
        ("cut", 2.0),
        ("drop", 2.0),
        ("half", 2.0),
        ("html", 2.0),
    ],
)
def test_a_request_is_repeated_after_a_fault(file_store: Store, fault: Any, wait: float) -> None:
    waits: list[float] = []
    with replaying(*PAGES, faults=[None, fault]) as replay:
        report = fetched(file_store, replay, waits, policy={"pause": 0.0})
    assert report.complete
    assert file_store.counts()["needs"] == 9
    assert [seconds for seconds in waits if seconds] == [wait]
    assert len(replay.requests) == 4


def test_a_retry_after_header_may_be_a_date(file_store: Store) -> None:
    waits: list[float] = []
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with replaying(*PAGES, faults=[(429, {"Retry_After": later})]) as replay:
        fetched(file_store, replay, waits, policy={"pause": 0.0})
    assert any(80 < wait <= 90 for wait in waits)


def test_waits_double_and_attempts_end(file_store: Store) -> None:
    waits: list[float] = []
    failed = pytest.raises(Unavailable, match="find-a-tender gives no usable response: it responds with 500")
    with replaying(*PAGES, faults=[(500, {})] * 9) as replay, failed:
        fetched(file_store, replay, waits, policy={"pause": 0.0})
    assert [wait for wait in waits if wait] == [2.0, 4.0, 8.0]
    assert file_store.counts()["needs"] == 0


def test_a_refused_request_is_not_repeated(file_store: Store) -> None:
    refused = pytest.raises(Unavailable, match="refuses the request with 400")
    with replaying(*PAGES, faults=[(400, {})]) as replay, refused:
        fetched(file_store, replay)
    assert len(replay.requests) == 1


def test_an_interrupted_fetch_continues_where_it_stopped(file_store: Store) -> None:
    with replaying(*PAGES, faults=[None, *[(500, {})] * 4]) as replay:
        with pytest.raises(Unavailable):
            fetched(file_store, replay)
        assert file_store.counts()["needs"] == 3, "the page before is saved"
        replay.requests.clear()
        report = fetched(file_store, replay, since=None)
        assert (report.resumed, report.complete, report.pages) == (True, True, 2)
        assert replay.requests == ["/ocdsReleasePackages?cursor=C1", "/ocdsReleasePackages?cursor=C2"]
    assert file_store.counts()["needs"] == 9


def test_the_number_of_pages_can_be_limited(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        assert not fetched(file_store, replay, most_pages=2).complete
        assert fetched(file_store, replay).complete, "it continues the same window"
    assert len(replay.requests) == 3


def test_the_next_window_begins_at_the_end_of_the_last(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        fetched(file_store, replay)
        sequence = file_store.sequence()
        replay.requests.clear()
        report = fetched(file_store, replay, since=None, until=UNTIL + timedelta(days=1))
        assert "updatedFrom=2025-03-07T22%3A00%3A00&updatedTo=2025-03-09T00%3A00%3A00" in replay.requests[0]
        assert report.imported.counts["releases unchanged"] == 9
    assert file_store.sequence() == sequence


def test_a_window_needs_a_start_in_the_past(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        with pytest.raises(InvalidInput, match="--from"):
            fetched(file_store, replay, since=None)
        with pytest.raises(InvalidInput, match="2025-03-09, is not before the end, 2025-03-08"):
            fetched(file_store, replay, since=UNTIL + timedelta(days=1))
        with pytest.raises(InvalidInput, match="start date is not in the past"):
            fetched(file_store, replay, since=datetime.now(UTC) + timedelta(days=1), until=None)
        assert replay.requests == []
        fetched(file_store, replay)
        with pytest.raises(InvalidInput, match="is not after the last fetch, which ended on 2025-03-08"):
            fetched(file_store, replay, since=None, until=UNTIL - timedelta(days=3))


def test_an_invalid_release_does_not_stop_the_others(file_store: Store) -> None:
    with replaying([{"ocid": "x"}, *PAGES[0]], PAGES[1]) as replay:
        report = fetched(file_store, replay)
    assert (report.imported.rejected, file_store.counts()["needs"]) == (1, 6)
    [warning] = report.imported.warnings
    assert warning.text == "release 1 (without an id): is missing or invalid"


def test_a_next_page_at_another_address_is_not_fetched(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        replay.elsewhere = "http://elsewhere.invalid"
        with pytest.raises(InvalidInput, match="on another server"):
            fetched(file_store, replay)
    assert len(replay.requests) == 1


def test_circular_pages_end(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        replay.circular = True
        with pytest.raises(InvalidInput, match="already fetched"):
            fetched(file_store, replay)
    assert len(replay.requests) == 2
    assert file_store.counts()["needs"] == 3


def test_a_service_that_cannot_be_reached(file_store: Store) -> None:
    with replaying(*PAGES) as replay:
        stopped = replay
    with pytest.raises(Unavailable, match="the connection failed"):
        fetched(file_store, stopped)


def test_the_command(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with replaying(*PAGES) as replay:
        monkeypatch.setenv("MATCHER_FIND_A_TENDER_URL", f"{replay.address}/ocdsReleasePackages")
        monkeypatch.setenv("MATCHER_FETCH_PAUSE", "0")
        assert "soon" in command("fetch", "find-a-tender", "--from", "soon").complaint
        done = command("fetch", "find-a-tender", "--from", "2025-03-01", "--pages", "1")
        assert (done.code, "There is more to fetch" in done.out) == (0, True), done
        done = command("fetch", "find-a-tender")
        assert (done.code, "Everything has been fetched." in done.out) == (0, True), done
