"""What every database must do alike: the suite runs on a SQLite file, SQLite in memory and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, exc, text

from matcher.errors import InvalidInput, MatcherError, NotFound
from matcher.records import Contact, Need, Profile, Region, Requirements, Sector, Stage, parse
from matcher.store import Change, Put, RecordKind, Store

ANNA = Contact(name="Anna Field", email="anna.field@example.org", telephone="0113 496 0000")


def profile(id: str = "p1", name: str = "Falls Prevention CIC", **fields: object) -> Profile:
    return parse(Profile, {"id": id, "name": name, **fields})


def need(id: str = "n1", title: str = "Fewer falls at home") -> Need:
    return Need(id=id, title=title)


def put(store: Store, *records: Profile | Need) -> list[Put]:
    with store.writing() as writer:
        return writer.put_many([(record, None) for record in records])


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.sequence() == 0
    assert store.counts() == {"profiles": 0, "needs": 0}
    assert list(store.needs()) == []
    assert list(store.profile_changes(0)) == []
    assert store.profiles(["p1"]) == {}
    with pytest.raises(NotFound, match=r"'p1'.*imported or registered"):
        store.profile("p1")


def test_a_put_record_comes_back_with_its_revision(store: Store) -> None:
    before = datetime.now(UTC)
    with store.writing() as writer:
        done = writer.put(profile(), source="register.jsonl")
    found = store.profile("p1")
    assert done == Put(1, "added")
    assert (found.kind, found.id, found.sequence, found.number) == (RecordKind.PROFILE, "p1", 1, 1)
    assert (found.record, found.source) == (profile(), "register.jsonl")
    assert found.recorded_at.utcoffset() == timedelta(0)
    assert before <= found.recorded_at <= datetime.now(UTC)


def test_unchanged_content_adds_nothing(store: Store) -> None:
    put(store, profile())
    assert put(store, profile(summary="", sector="unknown")) == [Put(1, "unchanged")]
    assert store.sequence() == 1
    assert len(store.history(RecordKind.PROFILE, "p1")) == 1


def test_an_update_adds_a_revision_and_keeps_the_old_one(store: Store) -> None:
    put(store, profile())
    assert put(store, profile(name="Falls and Balance CIC")) == [Put(2, "updated")]
    assert [revision.record for revision in store.history(RecordKind.PROFILE, "p1")] == [
        profile(),
        profile(name="Falls and Balance CIC"),
    ]
    assert store.profile("p1").number == 2
    assert store.profile("p1", at=1).record == profile()


def test_one_batch_may_hold_the_same_id_more_than_once(store: Store) -> None:
    done = put(store, profile(name="A"), profile(name="B"), profile(name="B"), profile(name="A"), need())
    assert done == [Put(1, "added"), Put(2, "updated"), Put(2, "unchanged"), Put(3, "updated"), Put(4, "added")]
    assert store.profile("p1").record.name == "A"
    assert [revision.number for revision in store.history(RecordKind.PROFILE, "p1")] == [1, 2, 3]


def test_a_profile_and_a_need_may_share_an_id(store: Store) -> None:
    put(store, profile("x"), need("x"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "x")
    assert store.counts() == {"profiles": 1, "needs": 0}
    assert store.profile("x").record == profile("x")


def test_withdrawal_ends_a_record_and_a_put_revives_it(store: Store) -> None:
    put(store, profile())
    with store.writing() as writer:
        assert writer.withdraw(RecordKind.PROFILE, "p1", source="asked by letter") == 2
    with pytest.raises(NotFound):
        store.profile("p1")
    assert store.profile("p1", at=1).record == profile()
    assert store.profiles(["p1"]) == {}
    assert store.counts()["profiles"] == 0
    assert put(store, profile()) == [Put(3, "added")]
    history = store.history(RecordKind.PROFILE, "p1")
    assert [(revision.number, revision.record) for revision in history] == [(1, profile()), (2, None), (3, profile())]
    assert history[1].source == "asked by letter"
    with pytest.raises(NotFound):
        store.profile("p1", at=2)


def test_what_is_absent_or_withdrawn_cannot_be_withdrawn(store: Store) -> None:
    put(store, profile())
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "p1")
        for id in ("p1", "p2"):
            with pytest.raises(NotFound):
                writer.withdraw(RecordKind.PROFILE, id)
    assert store.sequence() == 2


def test_history_of_what_never_was_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.history(RecordKind.NEED, "n1")


def test_an_exception_rolls_back_and_gives_the_numbers_back(store: Store) -> None:
    def fail_after_a_put() -> None:
        with store.writing() as writer:
            writer.put(profile(), contact=ANNA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_put()
    assert store.sequence() == 0
    assert store.contact("p1") is None
    assert put(store, profile()) == [Put(1, "added")]


def test_a_thread_reads_its_own_writes_and_cannot_write_inside_writing(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile())
        assert store.profile("p1").record == profile()
        with pytest.raises(MatcherError, match="already writing"), store.writing():
            pass
        with pytest.raises(MatcherError, match="already writing"):
            store.vectors.put("model", {"key": b"value"})
    assert store.profile("p1").record == profile()


def test_profiles_come_in_the_order_asked_for_and_as_of_a_moment(store: Store) -> None:
    put(store, *(profile(f"p{number}") for number in range(1200)))
    put(store, profile("p7", name="Seven"))
    ids = [f"p{number}" for number in reversed(range(1200))]
    assert list(store.profiles([*ids, "absent", "p3"])) == ids
    assert store.profiles(["p7"])["p7"].name == "Seven"
    assert store.profiles(["p7"], at=1200)["p7"] == profile("p7")
    assert store.profiles(["p1199"], at=1199) == {}


def test_profiles_as_of_their_revisions(store: Store) -> None:
    put(store, profile("p1"), profile("p2"))
    put(store, profile("p1", name="Renamed"), need("n1"))
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "p2")
    found = store.profiles_as_of([3, 1, 2, 3])
    assert [(one.id, one.name == "Renamed") for one in found] == [
        ("p1", True),
        ("p1", False),
        ("p2", False),
        ("p1", True),
    ]
    assert store.profiles_as_of([]) == []
    for need_withdrawal_or_none in (4, 5, 6):
        with pytest.raises(NotFound):
            store.profiles_as_of([1, need_withdrawal_or_none])


def test_needs_come_by_id_in_code_point_order(store: Store) -> None:
    ids = ["n-2", "N1", "n1", "é1", "n.2", *(f"m{number:04}" for number in range(600))]
    put(store, *(need(id) for id in ids), profile())
    with store.writing() as writer:
        writer.withdraw(RecordKind.NEED, "n.2")
    assert [revision.id for revision in store.needs()] == sorted(set(ids) - {"n.2"})
    for after in ("m0599", "n-1", "n.2", "é1"):
        assert [revision.id for revision in store.needs(after)] == sorted(id for id in set(ids) - {"n.2"} if id > after)


def test_needs_are_those_of_one_moment(store: Store) -> None:
    put(store, *(need(f"n{number:04}") for number in range(600)))
    listing = store.needs()
    first = next(listing)
    put(store, need("n0599", title="Changed since"), need("z"))
    rest = list(listing)
    assert len(rest) == 599
    assert rest[-1].record == need("n0599")
    assert first.id == "n0000"


def test_changes_are_the_latest_states_within_the_bounds(store: Store) -> None:
    put(store, profile("a"), profile("b"), need(), profile("a", name="A2"))  # 1, 2, 3, 4
    with store.writing() as writer:
        writer.withdraw(RecordKind.PROFILE, "b")  # 5
    gone, newer = Change(5, "b", None), Change(4, "a", profile("a", name="A2"))
    assert list(store.profile_changes(0)) == [newer, gone]
    assert list(store.profile_changes(4)) == [gone]
    assert list(store.profile_changes(5)) == []
    assert list(store.profile_changes(0, until=2)) == [Change(1, "a", profile("a")), Change(2, "b", profile("b"))]
    assert list(store.profile_changes(1, until=4)) == [Change(2, "b", profile("b")), newer]
    assert list(store.profile_changes(0, until=99)) == [newer, gone]


def test_changes_run_over_pages_while_others_write(store: Store) -> None:
    put(store, *(profile(f"p{number}") for number in range(1300)))
    seen = []
    for change in store.profile_changes(0, until=10_000):
        if change.sequence == 600:
            put(store, profile("p5", name="Five"), profile("p1299", name="Last"))
        seen.append(change)
    assert [change.sequence for change in seen] == list(range(1, 1301))
    assert [change.id for change in store.profile_changes(1300)] == ["p5", "p1299"]


def test_contact_is_kept_apart_and_erased(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        assert writer.put(profile()).outcome == "unchanged"
    assert store.contact("p1") == ANNA
    assert all("anna" not in repr(revision) for revision in store.history(RecordKind.PROFILE, "p1"))
    with store.writing() as writer:
        moved = Contact(email="a.field@example.org")
        assert writer.put(profile(), contact=moved) == Put(1, "unchanged")
    assert store.contact("p1") == moved
    assert store.erase_contact("p1") is True
    assert store.erase_contact("p1") is False
    assert store.contact("p1") is None
    assert store.profile("p1").sequence == 1


def test_an_empty_contact_replaces_nothing(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        writer.put(profile(), contact=Contact())
    assert store.contact("p1") == ANNA


def test_withdrawal_erases_the_contact(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), contact=ANNA)
        writer.withdraw(RecordKind.PROFILE, "p1")
    assert store.contact("p1") is None


def test_vectors_are_kept_by_model_and_the_first_one_stays(store: Store) -> None:
    store.vectors.put("m", {f"k{number}": bytes([number % 256, 0]) for number in range(1100)})
    store.vectors.put("m", {"k1": b"other", "new": b"\x00\xff"})
    store.vectors.put("m", {})
    store.vectors.put("m2", {"k1": b"second model"})
    assert store.vectors.get("m", ["k1", "new", "absent"]) == {"k1": b"\x01\x00", "new": b"\x00\xff"}
    assert len(store.vectors.get("m", [f"k{number}" for number in range(1100)])) == 1100
    assert store.vectors.get("m2", ["k1"]) == {"k1": b"second model"}


def test_a_source_that_is_not_text_is_escaped(store: Store) -> None:
    with store.writing() as writer:
        writer.put(profile(), source="caf\udce9\0.jsonl")
    assert store.profile("p1").source == "caf\\udce9\\0.jsonl"


def test_a_second_opening_finds_everything(server_url: str) -> None:
    with Store.open(server_url) as first:
        put(first, profile(), need())
    with Store.open(server_url) as second:
        assert second.sequence() == 2
        assert second.profile("p1").record == profile()
        assert second.url == server_url


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revision SET content = NULL, digest = NULL",
        "UPDATE revision SET source = 'elsewhere'",
        "DELETE FROM revision",
    ],
)
def test_the_database_refuses_to_change_revisions(server_url: str, statement: str) -> None:
    with Store.open(server_url) as store:
        put(store, profile())
    engine = create_engine(server_url)
    with pytest.raises(exc.DBAPIError, match="revisions are never"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    with Store.open(server_url) as store:
        assert store.profile("p1").record == profile()


def test_a_store_whose_rules_became_stricter_says_which_revision(store: Store) -> None:
    with store.writing() as writer:
        writer.put(Profile.model_construct(**{**profile().__dict__, "website": ""}))
    with pytest.raises(InvalidInput, match="revision 1 of profile p1"):
        store.profile("p1")


def test_threads_share_a_store(store: Store) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            put(store, profile(f"w{worker}-{number}"))
            assert store.profile(f"w{worker}-{number}").number == 1
            store.vectors.put("m", {f"{worker}-{number}": b"v"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [change.sequence for change in store.profile_changes(0)] == list(range(1, 81))


# Generated records: any text the records let through must come back as it was.
words = st.text(min_size=1, max_size=40).map(lambda text: f"a{text}")
texts = st.text(max_size=200)
days = st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(date.isoformat)
amounts = st.floats(0, 1e15, allow_nan=False) | st.integers(0, 10**15)
regions = st.sampled_from([region.value for region in Region])
codes = st.lists(st.from_regex(r"[0-9]{8}", fullmatch=True), max_size=3)
ids = st.from_regex(r"[A-Za-z0-9_éßЖ][A-Za-z0-9éßЖ_.:/+~@&'(),-]{0,30}", fullmatch=True)


def partial(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=fields)


profile_values = st.fixed_dictionaries(
    {"id": ids, "name": words},
    optional={
        "sector": st.sampled_from([sector.value for sector in Sector]),
        "identifiers": partial(charity=st.just("1000003"), company=st.just("02324869"), ods=st.just("RR8")),
        "summary": texts,
        "postcode": st.sampled_from(["LS11 5QN", "ls115qn", "SW1A"]),
        "coverage": partial(national=st.booleans(), regions=st.lists(regions, max_size=3)),
        "turnover": amounts,
        "employees": st.integers(0, 10_000_000),
        "capabilities": st.lists(
            st.fixed_dictionaries(
                {"title": words},
                optional={"description": texts, "outcomes": st.lists(texts, max_size=2), "cpv": codes},
            ),
            max_size=3,
        ),
        "track_record": st.lists(
            st.fixed_dictionaries(
                {"title": words}, optional={"buyer": words, "date": days, "value": amounts, "region": texts}
            ),
            max_size=2,
        ),
        "accreditations": st.lists(
            st.fixed_dictionaries({"scheme": words}, optional={"reference": words, "expires": days}), max_size=2
        ),
        "website": words,
    },
)
need_values = st.fixed_dictionaries(
    {"id": ids, "title": words},
    optional={
        "description": texts,
        "buyer": st.fixed_dictionaries({"name": words}, optional={"ods_code": st.just("QWE")}),
        "outcomes": st.lists(texts, max_size=3),
        "requirements": partial(
            accreditations=st.lists(words, max_size=2), regions=st.lists(regions, max_size=2), sectors=st.just(["cic"])
        ),
        "cpv": codes,
        "region": texts,
        "value": amounts,
        "published": days,
        "closes": days,
        "stage": st.sampled_from([stage.value for stage in Stage]),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=profile_values)
def test_any_profile_comes_back_equal(store: Store, value: dict[str, object]) -> None:
    _comes_back(store, parse(Profile, value))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=need_values)
def test_any_need_comes_back_equal(store: Store, value: dict[str, object]) -> None:
    _comes_back(store, parse(Need, value))


def _comes_back(store: Store, record: Profile | Need) -> None:
    with store.writing() as writer:
        first = writer.put(record)
    found = store.profile(record.id) if isinstance(record, Profile) else store.need(record.id)
    assert found.record == record
    assert found.sequence == first.sequence
    with store.writing() as writer:
        assert writer.put(found.record) == Put(first.sequence, "unchanged")


def test_the_defaults_that_revisions_leave_out_stay_what_they_were() -> None:
    kept = Profile(id="p", name="P").model_dump(mode="json")
    assert {name: kept[name] for name in ("sector", "summary", "coverage", "turnover", "capabilities")} == {
        "sector": "unknown",
        "summary": "",
        "coverage": {"national": False, "regions": []},
        "turnover": None,
        "capabilities": [],
    }
    assert Need(id="n", title="T").requirements == Requirements(accreditations=(), sectors=(), regions=())


def test_the_contents_are_those_of_the_changes(store: Store) -> None:
    with store.writing() as writer:
        for number in range(3):
            writer.put(Profile(id=f"p{number}", name="Steps", employees=number))
        writer.withdraw(RecordKind.PROFILE, "p1")
        writer.put(Profile(id="p0", name="Paces"))
    for since, until in ((0, 5), (0, 3), (2, 4), (5, 5)):
        changes = [(change.id, change.profile) for change in store.profile_changes(since, until=until)]
        contents = store.profile_contents(since, until=until)
        assert [(id, content and Profile.model_validate(content)) for id, content in contents] == changes
