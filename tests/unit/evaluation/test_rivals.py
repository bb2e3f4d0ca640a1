"""One suite for every rival: the obvious partner comes first, every score is one a profile."""

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
# Operators of query languages, and words no profile has, are text like any other.
_ODD = need("n2", 'select id from "txtai" where (housing) AND NOT -rough +x:y*')
_STRANGE = need("n3", "Zymurgy qwertz")


# Looked up, not imported: importing txtai takes longer than all these tests.
_INSTALLED = all(find_spec(name) for name in PACKAGES)
needs_the_extra = pytest.mark.skipif(not _INSTALLED, reason="the extra `benchmarks` is not installed")


def _contender(name: str) -> System:
    return next(contender for contender in rivals(encode) if contender.name == name)


@needs_the_extra
def test_the_rivals_are_these() -> None:
    assert tuple(contender.name for contender in rivals(encode)) == _NAMES


@needs_the_extra
@pytest.mark.parametrize("name", _NAMES)
def test_a_rival_puts_the_obvious_partner_first(name: str) -> None:
    ranking = _contender(name).build(_PROFILES).rank(_HOUSING)
    assert ranking.ids == ("vet", "home", "print", "nameless")
    assert ranking.scores.shape == (4,)
    assert ranking.ids[int(np.argmax(ranking.scores))] == "home"


@needs_the_extra
@pytest.mark.parametrize("name", _NAMES)
def test_a_rival_answers_odd_and_unknown_words(name: str) -> None:
    ranker = _contender(name).build(_PROFILES)
    for odd in (_ODD, _STRANGE):
        assert not np.isnan(ranker.rank(odd).scores).any()


@needs_the_extra
def test_all_rivals_run_through_one_evaluation() -> None:
    contenders = [_contender(name) for name in _NAMES]
    report = evaluate(contenders[0], _PROFILES, [_HOUSING], Judgements({"n1": {"home": 1}}), compared=contenders)
    assert {name: comparison.figures.means["mrr"] for name, comparison in report.compared.items()} == dict.fromkeys(
        _NAMES, 1.0
    )


def test_popularity_counts_past_work() -> None:
    assert Popularity(_PROFILES).scores("anything").tolist() == [2, 3, 0, 0]


def test_each_text_is_encoded_once() -> None:
    asked: list[str] = []

    def counting(texts: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        given = list(texts)  # type: ignore[call-overload]
        asked.extend(given)
        return encode(given)

    remembered = MemoisedEncode(counting)
    np.testing.assert_array_equal(remembered(["a", "b", "a"]), encode(["a", "b", "a"]))
    np.testing.assert_array_equal(remembered(["b", "c"]), encode(["b", "c"]))
    assert asked == ["a", "b", "c"]


def test_a_missing_package_is_unavailable_and_names_the_extra() -> None:
    with pytest.raises(Unavailable) as raised:
        require("no_such_rival", "numpy")
    assert raised.value.problem.startswith("no_such_rival not installed")
    assert "pip install -e '.[benchmarks]'" in raised.value.remedy
    with pytest.raises(Unavailable):
        package("no_such_rival.search")
