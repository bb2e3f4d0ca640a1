"""One suite for every rival: it ranks the obvious partner first and returns one score per profile."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from matcher.evaluation import Judgements, System, evaluate
from matcher.evaluation.rivals import rivals
from matcher.evaluation.rivals.encoding import MemoisedEncode
from matcher.evaluation.rivals.packages import PACKAGES, package, require
from matcher.evaluation.rivals.popularity import Popularity
from matcher.foundations.errors import Unavailable

from .samples import encode, need, profile

_NAMES = ("bm25s", "minilm-faiss", "bm25s+minilm-faiss", "tfidf", "txtai", "lancedb", "popularity")
_PROFILES = [
    profile("vet", "Veterinary surgery for farm animals", past=["Cattle vaccination", "Sheep dipping"]),
    profile(
        "home", "Grounds keeping", past=["Supported housing for rough sleepers", "Hostel repairs", "Night shelter"]
    ),
    profile("print", "Printing of leaflets and posters"),
    profile("nameless"),
]
_HOUSING = need("n1", "Housing support for people sleeping rough: supported housing")
# Query operators and unknown words must be treated as plain text.
_OPERATORS = need("n2", 'select id from "txtai" where (housing) AND NOT -rough +x:y*')
_UNKNOWN_WORDS = need("n3", "Zymurgy qwertz")


# The packages are not imported here, because importing txtai takes longer than all these tests.
_INSTALLED = all(find_spec(name) for name in PACKAGES)
needs_the_extra = pytest.mark.skipif(not _INSTALLED, reason="the extra `benchmarks` is not installed")


def _system(name: str) -> System:
    return next(system for system in rivals(encode) if system.name == name)


@needs_the_extra
def test_names_of_the_rivals() -> None:
    assert tuple(system.name for system in rivals(encode)) == _NAMES


@needs_the_extra
@pytest.mark.parametrize("name", _NAMES)
def test_a_rival_ranks_the_obvious_partner_first(name: str) -> None:
    ranking = _system(name).build(_PROFILES).rank(_HOUSING)
    assert ranking.ids == ("vet", "home", "print", "nameless")
    assert ranking.scores.shape == (4,)
    assert ranking.ids[int(np.argmax(ranking.scores))] == "home"


@needs_the_extra
@pytest.mark.parametrize("name", _NAMES)
def test_a_rival_accepts_operators_and_unknown_words(name: str) -> None:
    ranker = _system(name).build(_PROFILES)
    for query in (_OPERATORS, _UNKNOWN_WORDS):
        assert not np.isnan(ranker.rank(query).scores).any()


@needs_the_extra
def test_all_rivals_in_one_evaluation() -> None:
    systems = [_system(name) for name in _NAMES]
    report = evaluate(systems[0], _PROFILES, [_HOUSING], Judgements({"n1": {"home": 1}}), compared=systems)
    assert {name: comparison.figures.means["mrr"] for name, comparison in report.compared.items()} == dict.fromkeys(
        _NAMES, 1.0
    )


def test_popularity_counts_past_work() -> None:
    assert Popularity(_PROFILES).scores("anything").tolist() == [2, 3, 0, 0]


def test_each_text_is_encoded_once() -> None:
    encoded: list[str] = []

    def counting(texts: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        batch = list(texts)  # type: ignore[call-overload]
        encoded.extend(batch)
        return encode(batch)

    memoised = MemoisedEncode(counting)
    np.testing.assert_array_equal(memoised(["a", "b", "a"]), encode(["a", "b", "a"]))
    np.testing.assert_array_equal(memoised(["b", "c"]), encode(["b", "c"]))
    assert encoded == ["a", "b", "c"]


def test_a_missing_package_is_reported_with_the_extra() -> None:
    with pytest.raises(Unavailable) as raised:
        require("no_such_rival", "numpy")
    assert raised.value.problem.endswith("not installed: no_such_rival")
    assert "pip install -e '.[benchmarks]'" in raised.value.remedy
    with pytest.raises(Unavailable):
        package("no_such_rival.search")
