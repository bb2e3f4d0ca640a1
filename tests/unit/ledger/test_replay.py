"""A replay gives what was recorded, whatever happened since, or says exactly what differs or is missing."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from matcher.embedding import CachedEncoder
from matcher.foundations.errors import NotFound
from matcher.ledger import Answer, Entry, Event, Ledger, Replay
from matcher.ledger.chain import Chain
from matcher.ledger.entry import canonical_json, digest_of
from matcher.records import Need, Profile
from matcher.scoring.model import AdditiveModel, Curve
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.fakes import MemoryVectors, WordEncoder, shipped_model
from tests.support.ledgers import ACTOR, FALLS, OtherWordEncoder, engine_on, filled, keep, put, without_triggers
from tests.support.registers import made_register
from tests.support.strategies import TODAY


def promoted(store: Store) -> Engine:
    """Return an engine with another encoder and another model."""
    model = shipped_model()
    weights = tuple(tuple(weight * 1.5 for weight in row) for row in model.weights)
    return engine_on(store, OtherWordEncoder(), replace(model, version="2", base=model.base - 1, weights=weights))


def kept_as(store: Store, like: Entry, answer: Answer, **said: object) -> str:
    """Keep the decision `like` once more, with another answer or other ingredients."""
    search = like.statement.search
    assert search is not None
    with Chain(store.database).appending() as appender:
        entry = appender.append(
            Event.SEARCH, ACTOR, payload=answer.to_bytes(), search=search.model_copy(update=dict(said))
        )
    return entry.statement.decision


def only(replay: Replay) -> str:
    """Return the one difference of a replay, as it is told."""
    [difference] = replay.differences
    return str(difference)


def test_edits_withdrawals_and_a_promotion_change_nothing(file_store: Store) -> None:
    ledger, engine, deal = Ledger(file_store), filled(file_store), random.Random(1)
    waiting = made_register(40, seed=8)
    for n in range(12):
        keep(file_store, engine if n < 8 else promoted(file_store), text=deal.choice(["falls", "café meals", "memory"]))
        put(file_store, *(waiting.pop() for _ in range(2)))
        changes = [change for change in file_store.profile_changes(0) if change.profile]
        for change in deal.sample(changes, 3):
            assert change.profile is not None
            put(file_store, change.profile.model_copy(update={"summary": f"falls {n}", "turnover": 5e5}))
        with file_store.writing() as writer:
            writer.withdraw(RecordKind.PROFILE, deal.choice(changes).id)
    for later in (engine_on(file_store), promoted(file_store)):
        replays = list(ledger.replays(later))
        assert [(one.decision, one.differences, one.notes) for one in replays] == [
            (f"d{n}", (), ()) for n in range(1, 13)
        ]
        backwards = [f"d{n}" for n in range(12, 0, -1)]
        assert all(one.identical for one in ledger.replays(later, backwards))
    answers = [ledger.answer(decision) for decision in ledger.decisions()]
    assert len({answer.to_bytes() for answer in answers}) == 12, "the decisions are not all one"


def test_the_model_of_then_is_used_not_the_one_in_use(file_store: Store) -> None:
    ledger, entry = Ledger(file_store), keep(file_store, filled(file_store))
    now = promoted(file_store).search(FALLS, apply_requirements=False, on=TODAY).results[0]
    then = dict(zip(*(getattr(ledger.answer_of(entry), name) for name in ("profiles", "scores")), strict=True))
    assert then.get(now.profile_id) != now.score
    assert ledger.replay(promoted(file_store), "d1").identical


def test_one_bit_of_one_number_is_told(file_store: Store) -> None:
    engine = filled(file_store)
    entry = keep(file_store, engine)
    ledger, answer = Ledger(file_store), Ledger(file_store).answer_of(entry)
    profile, score = answer.profiles[1], answer.scores[1]
    scores = answer.scores.copy()
    scores[1] = np.nextafter(score, np.inf)
    id = kept_as(file_store, entry, replace(answer, scores=scores))
    assert only(ledger.replay(engine, id)) == f"score of {profile}: then {float(scores[1])}, now {float(score)}"
    parts = answer.parts.copy()
    parts[1, 3] = -0.0 if parts[1, 3] == 0 else -parts[1, 3]
    id = kept_as(file_store, entry, replace(answer, parts=parts))
    assert only(ledger.replay(engine, id)).startswith(f"contribution {answer.part_names[3]} of {profile}: then -")
    swapped = np.array([1, 0, *range(2, len(scores))])
    columns = {name: getattr(answer, name)[swapped] for name in ("revisions", "scores", "probabilities", "parts")}
    profiles = tuple(answer.profiles[i] for i in swapped)
    found = ledger.replay(engine, kept_as(file_store, entry, replace(answer, profiles=profiles, **columns)))
    assert [str(one) for one in found.differences] == [
        f"rank of {profile}: then 1, now 2",
        f"rank of {answer.profiles[0]}: then 2, now 1",
    ]


def test_who_was_missing_or_excluded_otherwise_is_told(file_store: Store) -> None:
    engine = filled(file_store)
    entry = keep(file_store, engine)
    ledger, answer = Ledger(file_store), Ledger(file_store).answer_of(entry)
    columns = {name: getattr(answer, name)[1:] for name in ("revisions", "scores", "probabilities", "parts")}
    found = ledger.replay(engine, kept_as(file_store, entry, replace(answer, profiles=answer.profiles[1:], **columns)))
    assert str(found.differences[0]) == f"candidate of {answer.profiles[0]}: then False, now True"
    assert {one.what for one in found.differences[1:]} == {"rank"}
    failing = answer.failing.copy()
    failing[0, 0] = ~failing[0, 0]
    told = only(ledger.replay(engine, kept_as(file_store, entry, replace(answer, failing=failing))))
    assert told.startswith(f"excluded by {answer.filters[0]} of {answer.excluded[0]}: then {failing[0, 0]}, now ")


def test_what_the_record_says_of_the_list_is_compared_too(file_store: Store) -> None:
    engine = filled(file_store)
    entry = keep(file_store, engine)
    ledger, answer = Ledger(file_store), Ledger(file_store).answer_of(entry)
    for name, then in (("shown", ("p1",)), ("eligible", 99), ("considered", 1), ("excluded", {"sectors": 1})):
        found = ledger.replay(engine, kept_as(file_store, entry, answer, **{name: then}))
        assert [one.what for one in found.differences] == [name]


def test_other_tables_versions_and_words_are_told_and_change_nothing(file_store: Store) -> None:
    engine = filled(file_store)
    entry = keep(file_store, engine)
    ledger, answer, search = Ledger(file_store), Ledger(file_store).answer_of(entry), entry.statement.search
    assert search is not None
    other = {"reference": {**search.reference, "terms.csv": "0" * 64}, "versions": {**search.versions, "numpy": "1"}}
    found = ledger.replay(engine, kept_as(file_store, entry, answer, **other))
    assert found.identical
    assert [note.split(":")[0] for note in found.notes] == ["table terms.csv", "version numpy"]
    fewer = (search.terms[0][:1], search.terms[1])
    found = ledger.replay(engine, kept_as(file_store, entry, answer, terms=fewer))
    assert not found.identical, "the words of the record are those searched for"
    assert "other words today" in found.notes[0]


def test_a_changed_revision_is_told_by_profile_and_number(file_store: Store) -> None:
    entry = keep(file_store, filled(file_store))
    ledger = Ledger(file_store)
    id = ledger.answer_of(entry).profiles[0]
    without_triggers(file_store.database)
    with file_store.database.writing() as connection:
        changed = "replace(replace(content, 'falls', 'carers'), '\"name\":\"', '\"name\":\"meals ')"
        connection.execute(text(f"UPDATE revision SET content = {changed} WHERE id = '{id}'"))
    found = ledger.replay(engine_on(file_store), "d1")
    assert {("score", id), ("contribution", id)} <= {(one.what, one.profile) for one in found.differences}
    assert all(one.then != one.now for one in found.differences)


def test_a_missing_ingredient_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    put(file_store, Need(id="n1", title="falls"))
    entry = ledger.keep(engine, file_store.need("n1"), by=ACTOR).entry
    answer, search = ledger.answer_of(entry), entry.statement.search
    assert search is not None
    cases: dict[str, dict[str, object]] = {
        "store": {"origin": "elsewhere"},
        "need": {"need": search.need.model_copy(update={"digest": "0" * 64})},
        "need n9": {"need": search.need.model_copy(update={"id": "n9"})},
    }
    for what, ingredient in cases.items():
        told = only(ledger.replay(engine, kept_as(file_store, entry, answer, **ingredient)))
        assert told.startswith(f"{what.split()[0]}: then "), told


def test_a_model_for_other_signals_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    entry = keep(file_store, engine)
    search = entry.statement.search
    assert search is not None
    content = engine.model.content()
    content["families"]["work"]["weights"]["fame"] = 1.0
    strange = canonical_json(content)
    with file_store.database.writing() as connection:
        row = {"digest": digest_of(strange.encode()), "content": strange}
        connection.execute(text("INSERT INTO ledger_model VALUES (:digest, :content)"), row)
    model = search.model.model_copy(update={"digest": row["digest"]})
    told = only(ledger.replay(engine, kept_as(file_store, entry, ledger.answer_of(entry), model=model)))
    assert f"model: then soft-vote-{engine.model.version}" in told
    assert "there is no signal 'fame'" in told


def test_a_model_that_is_gone_or_changed_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    keep(file_store, engine)
    without_triggers(file_store.database)
    with file_store.database.writing() as connection:
        connection.execute(text("UPDATE ledger_model SET content = content || ' '"))
    digest = engine_model_digest(ledger)
    told = f"model: then soft-vote-{engine.model.version} {digest}, now cannot be used: it is gone or changed"
    assert only(ledger.replay(engine, "d1")) == told
    assert [str(fault) for fault in ledger.verify().faults] == [f"the model {digest[:12]} was changed"]
    with file_store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_model"))
    assert only(ledger.replay(engine, "d1")) == told
    assert [str(fault) for fault in ledger.verify().faults] == [f"the model {digest[:12]} is missing"]


def engine_model_digest(ledger: Ledger) -> str:
    """Return the digest of the model of the first decision."""
    return ledger.decision("d1").search.model.digest


def test_vectors_that_are_gone(file_store: Store) -> None:
    ledger = Ledger(file_store)
    put(file_store, *made_register(10, seed=2))
    keep(file_store, Engine(file_store, CachedEncoder(WordEncoder(), MemoryVectors()), shipped_model()))
    same, other = engine_on(file_store, WordEncoder()), engine_on(file_store, OtherWordEncoder())
    told = only(ledger.replay(other, "d1"))
    assert told.startswith("encoder: then words, now another encoder is in use, and vectors of that one are gone: ")
    found = ledger.replay(same, "d1")
    assert found.identical
    assert found.notes[0].startswith("vectors gone and made again by the same encoder: ")
    assert ledger.replay(other, "d1").notes == (), "they are kept again"


def test_the_vectors_of_the_need_are_kept_with_it(file_store: Store) -> None:
    """Later a passage may have the very text of the need, encoded among others to other last digits."""
    ledger, engine = Ledger(file_store), filled(file_store)
    keep(file_store, engine)
    put(file_store, Profile(id="same", name=FALLS.title))
    encoder = WordEncoder()
    assert ledger.replay(engine_on(file_store, encoder), "d1").identical
    assert encoder.encoded == []


def test_no_such_decision(file_store: Store) -> None:
    with pytest.raises(NotFound, match="no decision 'd7'"):
        Ledger(file_store).replay(filled(file_store), "d7")


def test_a_model_comes_back_unchanged() -> None:
    model = replace(shipped_model(), log_odds=Curve((0.0, 0.1), (-1e-300, 1 / 3)))
    assert AdditiveModel.of_content(model.content()) == model
