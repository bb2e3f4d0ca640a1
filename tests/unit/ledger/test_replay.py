"""A replay reproduces the recorded result, or states exactly what differs or is missing."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from matcher.embedding import CachedEncoder
from matcher.foundations.errors import NotFound
from matcher.index import Index
from matcher.ledger import Entry, Event, Ledger, RecordedResult, Replay
from matcher.ledger.chain import Chain
from matcher.ledger.entry import canonical_json, digest_of
from matcher.records import Need, Profile, Sector, TrackRecord
from matcher.records.places import CURRENT_RULE, ReadingRule
from matcher.scoring import AdditiveModel, Curve
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.fakes import MemoryVectors, WordEncoder, shipped_model
from tests.support.ledgers import ACTOR, FALLS, OtherWordEncoder, engine_on, filled, put, save, without_triggers
from tests.support.registers import made_register
from tests.support.strategies import TODAY


def promoted(store: Store) -> Engine:
    """Return an engine with another encoder and another model."""
    model = shipped_model()
    weights = tuple(tuple(weight * 1.5 for weight in row) for row in model.weights)
    return engine_on(store, OtherWordEncoder(), replace(model, version="2", base=model.base - 1, weights=weights))


def save_changed(store: Store, original: Entry, result: RecordedResult, **changes: object) -> str:
    """Save a copy of the decision `original` with another result or other ingredients, and return its id."""
    search = original.content.search
    assert search is not None
    with Chain(store.database).appending() as appender:
        entry = appender.append(
            Event.SEARCH, ACTOR, payload=result.to_bytes(), search=search.model_copy(update=dict(changes))
        )
    return entry.content.decision


def only(replay: Replay) -> str:
    """Return the text of the only difference in a replay."""
    [difference] = replay.differences
    return str(difference)


def test_edits_withdrawals_and_a_new_model_do_not_change_a_replay(file_store: Store) -> None:
    ledger, engine, rng = Ledger(file_store), filled(file_store), random.Random(1)
    new_profiles = made_register(40, seed=8)
    for n in range(12):
        save(file_store, engine if n < 8 else promoted(file_store), text=rng.choice(["falls", "café meals", "memory"]))
        put(file_store, *(new_profiles.pop() for _ in range(2)))
        changes = [change for change in file_store.profile_changes(0) if change.profile]
        for change in rng.sample(changes, 3):
            assert change.profile is not None
            put(file_store, change.profile.model_copy(update={"summary": f"falls {n}", "turnover": 5e5}))
        with file_store.writing() as writer:
            writer.withdraw(RecordKind.PROFILE, rng.choice(changes).id)
    for later in (engine_on(file_store), promoted(file_store)):
        replays = list(ledger.replays(later))
        assert [(replay.decision, replay.differences, replay.notes) for replay in replays] == [
            (f"d{n}", (), ()) for n in range(1, 13)
        ]
        backwards = [f"d{n}" for n in range(12, 0, -1)]
        assert all(replay.identical for replay in ledger.replays(later, backwards))
    results = [ledger.result(decision) for decision in ledger.decisions()]
    assert len({result.to_bytes() for result in results}) == 12, "every decision has its own result"


def test_a_replay_uses_the_recorded_model(file_store: Store) -> None:
    ledger, entry = Ledger(file_store), save(file_store, filled(file_store))
    current = promoted(file_store).search(FALLS, apply_requirements=False, on=TODAY).results[0]
    recorded = dict(zip(*(getattr(ledger.result_of(entry), name) for name in ("profiles", "scores")), strict=True))
    assert recorded.get(current.profile_id) != current.score
    assert ledger.replay(promoted(file_store), "d1").identical


def test_a_difference_of_one_bit_is_reported(file_store: Store) -> None:
    engine = filled(file_store)
    entry = save(file_store, engine)
    ledger, result = Ledger(file_store), Ledger(file_store).result_of(entry)
    profile, score = result.profiles[1], result.scores[1]
    scores = result.scores.copy()
    scores[1] = np.nextafter(score, np.inf)
    id = save_changed(file_store, entry, replace(result, scores=scores))
    assert only(ledger.replay(engine, id)) == f"{profile}, score: recorded {float(scores[1])}, now {float(score)}"
    parts = result.parts.copy()
    parts[1, 3] = -0.0 if parts[1, 3] == 0 else -parts[1, 3]
    id = save_changed(file_store, entry, replace(result, parts=parts))
    assert only(ledger.replay(engine, id)).startswith(f"{profile}, contribution {result.part_names[3]}: recorded -")
    swapped = np.array([1, 0, *range(2, len(scores))])
    columns = {name: getattr(result, name)[swapped] for name in ("revisions", "scores", "probabilities", "parts")}
    profiles = tuple(result.profiles[i] for i in swapped)
    replay = ledger.replay(engine, save_changed(file_store, entry, replace(result, profiles=profiles, **columns)))
    assert [str(difference) for difference in replay.differences] == [
        f"{profile}, rank: recorded 1, now 2",
        f"{result.profiles[0]}, rank: recorded 2, now 1",
    ]


def test_a_missing_candidate_or_another_exclusion_is_reported(file_store: Store) -> None:
    engine = filled(file_store)
    entry = save(file_store, engine)
    ledger, result = Ledger(file_store), Ledger(file_store).result_of(entry)
    columns = {name: getattr(result, name)[1:] for name in ("revisions", "scores", "probabilities", "parts")}
    replay = ledger.replay(
        engine, save_changed(file_store, entry, replace(result, profiles=result.profiles[1:], **columns))
    )
    assert str(replay.differences[0]) == f"{result.profiles[0]}, candidate: recorded False, now True"
    assert {difference.what for difference in replay.differences[1:]} == {"rank"}
    failing = result.failing.copy()
    failing[0, 0] = ~failing[0, 0]
    difference = only(ledger.replay(engine, save_changed(file_store, entry, replace(result, failing=failing))))
    subject = f"{result.excluded[0]}, excluded by {result.filters[0]}"
    assert difference.startswith(f"{subject}: recorded {failing[0, 0]}, now ")


def test_the_recorded_summary_is_compared_too(file_store: Store) -> None:
    engine = filled(file_store)
    entry = save(file_store, engine)
    ledger, result = Ledger(file_store), Ledger(file_store).result_of(entry)
    for name, recorded in (("shown", ("p1",)), ("eligible", 99), ("considered", 1), ("excluded", {"sectors": 1})):
        replay = ledger.replay(engine, save_changed(file_store, entry, result, **{name: recorded}))
        assert [difference.what for difference in replay.differences] == [name]


def test_other_tables_versions_and_words_are_noted_and_do_not_change_the_result(file_store: Store) -> None:
    engine = filled(file_store)
    entry = save(file_store, engine)
    ledger, result, search = Ledger(file_store), Ledger(file_store).result_of(entry), entry.content.search
    assert search is not None
    other = {"reference": {**search.reference, "terms.csv": "0" * 64}, "versions": {**search.versions, "numpy": "1"}}
    replay = ledger.replay(engine, save_changed(file_store, entry, result, **other))
    assert replay.identical
    assert [note.split(":")[0] for note in replay.notes] == ["table terms.csv", "version numpy"]
    fewer = (search.terms[0][:1], search.terms[1])
    replay = ledger.replay(engine, save_changed(file_store, entry, result, terms=fewer))
    assert not replay.identical, "the replay uses the recorded words"
    assert "would use different words" in replay.notes[0]


def test_a_changed_revision_is_reported_by_profile_and_value(file_store: Store) -> None:
    entry = save(file_store, filled(file_store))
    ledger = Ledger(file_store)
    id = ledger.result_of(entry).profiles[0]
    without_triggers(file_store.database)
    with file_store.database.writing() as connection:
        changed = "replace(replace(content, 'falls', 'carers'), '\"name\":\"', '\"name\":\"meals ')"
        connection.execute(text(f"UPDATE revision SET content = {changed} WHERE id = '{id}'"))
    replay = ledger.replay(engine_on(file_store), "d1")
    assert {("score", id), ("contribution", id)} <= {
        (difference.what, difference.profile) for difference in replay.differences
    }
    assert all(difference.recorded != difference.replayed for difference in replay.differences)


def test_a_missing_ingredient_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    put(file_store, Need(id="n1", title="falls"))
    entry = ledger.save(engine, file_store.need("n1"), by=ACTOR).entry
    result, search = ledger.result_of(entry), entry.content.search
    assert search is not None
    cases: dict[str, dict[str, object]] = {
        "store": {"origin": "elsewhere"},
        "need": {"need": search.need.model_copy(update={"digest": "0" * 64})},
        "need n9": {"need": search.need.model_copy(update={"id": "n9"})},
    }
    for what, ingredient in cases.items():
        difference = only(ledger.replay(engine, save_changed(file_store, entry, result, **ingredient)))
        assert difference.startswith(f"{what.split()[0]}: recorded "), difference


def test_a_model_with_an_unknown_signal_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    entry = save(file_store, engine)
    search = entry.content.search
    assert search is not None
    content = engine.model.content()
    content["families"]["work"]["weights"]["fame"] = 1.0
    unknown = canonical_json(content)
    with file_store.database.writing() as connection:
        row = {"digest": digest_of(unknown.encode()), "content": unknown}
        connection.execute(text("INSERT INTO ledger_model VALUES (:digest, :content)"), row)
    model = search.model.model_copy(update={"digest": row["digest"]})
    difference = only(ledger.replay(engine, save_changed(file_store, entry, ledger.result_of(entry), model=model)))
    assert f"model: recorded {engine.model.name}-{engine.model.version}" in difference
    assert "this version of the program has no signal 'fame'" in difference


def test_a_missing_or_altered_model_is_named(file_store: Store) -> None:
    engine, ledger = filled(file_store), Ledger(file_store)
    save(file_store, engine)
    without_triggers(file_store.database)
    with file_store.database.writing() as connection:
        connection.execute(text("UPDATE ledger_model SET content = content || ' '"))
    digest = engine_model_digest(ledger)
    model = f"{engine.model.name}-{engine.model.version} {digest}"
    expected = f"model: recorded {model}, now cannot be used: it is missing or altered"
    assert only(ledger.replay(engine, "d1")) == expected
    assert [str(problem) for problem in ledger.verify().problems] == [f"model {digest[:12]} has been altered"]
    with file_store.database.writing() as connection:
        connection.execute(text("DELETE FROM ledger_model"))
    assert only(ledger.replay(engine, "d1")) == expected
    assert [str(problem) for problem in ledger.verify().problems] == [f"model {digest[:12]} is missing"]


def engine_model_digest(ledger: Ledger) -> str:
    """Return the digest of the model used for the first decision."""
    return ledger.decision("d1").search.model.digest


def test_missing_vectors_are_encoded_again_only_by_the_same_encoder(file_store: Store) -> None:
    ledger = Ledger(file_store)
    put(file_store, *made_register(10, seed=2))
    save(file_store, Engine(file_store, CachedEncoder(WordEncoder(), MemoryVectors()), shipped_model()))
    same, other = engine_on(file_store, WordEncoder()), engine_on(file_store, OtherWordEncoder())
    difference = only(ledger.replay(other, "d1"))
    assert re.match("encoder: recorded words, now another encoder is in use, and [0-9]+ vectors ", difference)
    replay = ledger.replay(same, "d1")
    assert replay.identical
    assert replay.notes[0].startswith("missing vectors, encoded again by the same encoder: ")
    assert ledger.replay(other, "d1").notes == (), "the vectors are stored again"


def test_the_vectors_of_the_need_are_saved_with_it(file_store: Store) -> None:
    """A later passage may have the need's text, but encoding it in a batch may change the last digits of its vector."""
    ledger, engine = Ledger(file_store), filled(file_store)
    save(file_store, engine)
    put(file_store, Profile(id="same", name=FALLS.title))
    encoder = WordEncoder()
    assert ledger.replay(engine_on(file_store, encoder), "d1").identical
    assert encoder.encoded == []


def test_an_unknown_decision_is_not_found(file_store: Store) -> None:
    with pytest.raises(NotFound, match="no decision has id 'd7'"):
        Ledger(file_store).replay(filled(file_store), "d7")


def test_a_model_survives_a_round_trip() -> None:
    model = replace(shipped_model(), log_odds=Curve((0.0, 0.1), (-1e-300, 1 / 3)))
    assert AdditiveModel.of_content(model.content()) == model


def test_a_decision_replays_by_the_rule_for_where_profiles_worked_at_the_time(file_store: Store) -> None:
    """Decisions saved before rules were recorded used the first rule, which does not read texts."""
    work = (TrackRecord(title="Falls clinic in Manchester"),)
    put(file_store, Profile(id="text", name="Falls", sector=Sector.CHARITY, track_record=work))
    first = filled(file_store)
    first.adopt(Index(first.encoder.fingerprint, origin=file_store.origin(0), rule=ReadingRule.REGION_FIELDS))
    entry, ledger = save(file_store, first), Ledger(file_store)
    result = ledger.result_of(entry)
    assert "text" in result.excluded
    unrecorded = save_changed(file_store, entry, result, place_rule=None)
    assert "place_rule" not in ledger.decision(unrecorded).opening.text
    engine = engine_on(file_store)
    current = save(file_store, engine)
    assert "text" in ledger.result_of(current).profiles
    assert current.content.search is not None
    assert current.content.search.place_rule == CURRENT_RULE
    replays = {replay.decision: replay for replay in ledger.replays(engine)}
    assert [replay.identical for replay in replays.values()] == [True] * 3
    note = "the rule for reading places and kinds has changed; the replay used the recorded rule"
    noted = {id for id, replay in replays.items() if replay.notes == (note,)}
    assert noted == {entry.content.decision, unrecorded}
    mistaken = save_changed(file_store, entry, result, place_rule=CURRENT_RULE)
    assert not ledger.replay(engine, mistaken).identical


def test_a_signal_that_is_newer_than_the_decision_makes_no_difference(file_store: Store) -> None:
    """The recorded model lacks the signal, so the signal's contribution is 0.0, or -0.0 if its value is negative."""
    put(file_store, *made_register(30, seed=3))
    engine = engine_on(file_store, model=shipped_model().without(["recency"]))
    entry, ledger = save(file_store, engine), Ledger(file_store)
    result = ledger.result_of(entry)
    n = result.part_names.index("recency")
    assert not result.parts[:, n].any()
    assert np.signbit(result.parts[:, n]).any()
    older = replace(result, part_names=without(result.part_names, n), parts=np.delete(result.parts, n, axis=1))
    assert ledger.replay(engine, save_changed(file_store, entry, older)).identical
    lacking = result.part_names.index("meaning")
    changed = replace(
        result, part_names=without(result.part_names, lacking), parts=np.delete(result.parts, lacking, axis=1)
    )
    differences = ledger.replay(engine, save_changed(file_store, entry, changed)).differences
    assert {(difference.what, difference.name) for difference in differences} == {("contribution", "meaning")}


def without(names: tuple[str, ...], n: int) -> tuple[str, ...]:
    """Return `names` without the name at position `n`."""
    return names[:n] + names[n + 1 :]
