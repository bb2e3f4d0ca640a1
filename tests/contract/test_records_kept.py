"""Every database returns any valid record unchanged."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.records import Need, Profile, Region, Requirements, Sector, Stage, parse
from matcher.records.supplier_kind import in_current_form
from matcher.store import Put, Store

# Generated records: any valid text must come back unchanged.
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
    _comes_back(store, in_current_form(parse(Profile, value)))


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


def test_the_defaults_that_revisions_omit_have_not_changed() -> None:
    kept = Profile(id="p", name="P").model_dump(mode="json")
    assert {name: kept[name] for name in ("sector", "summary", "coverage", "turnover", "capabilities")} == {
        "sector": "unknown",
        "summary": "",
        "coverage": {"national": False, "regions": []},
        "turnover": None,
        "capabilities": [],
    }
    assert Need(id="n", title="T").requirements == Requirements(accreditations=(), sectors=(), regions=())
