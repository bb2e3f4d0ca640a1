"""Decisions on the demo set replay bit for bit after edits, withdrawals and the promotion of another model.

By default on a part of the set, in half a minute; with MATCHER_REPLAYS=full 200 decisions on all of it, then 1,000
changes, and more decisions by the promoted model.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from matcher.bootstrap import engine_of
from matcher.foundations.artefacts import Artefacts
from matcher.foundations.settings import Settings
from matcher.ledger import Ledger
from matcher.records import Filters, Need, Profile, Region, Sector, Size
from matcher.register.importing import import_files
from matcher.scoring.model import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.commands import Done, command_in
from tests.support.strategies import TODAY

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
MODELS = Artefacts.installed().models


@dataclass(frozen=True)
class Course:
    """How many profiles there are, how many decisions are kept, how many changes are made, and how many decisions
    follow the promotion.
    """

    profiles: int
    decisions: int
    changes: int
    after: int


COURSE = Course(246, 200, 1_000, 20) if os.environ.get("MATCHER_REPLAYS") == "full" else Course(40, 30, 60, 0)


def another_model(folder: Path, deal: random.Random) -> None:
    """Write the model in use, its encoder and its ranking both changed a little, as training would write it."""
    folder.mkdir()
    noise = np.random.default_rng(5)
    tuned = load_file(MODELS / "encoder" / "weights.safetensors")
    shaken = {name: (t + noise.normal(0, 0.05 * t.std(), t.shape)).astype(t.dtype) for name, t in tuned.items()}
    save_file(shaken, folder / "weights.safetensors")
    model = AdditiveModel.load(MODELS / "ranking")
    weights = tuple(tuple(weight * deal.uniform(0.5, 1.5) for weight in row) for row in model.weights)
    replace(model, version="another", base=model.base + 0.25, weights=weights).save(folder)
    (folder / "manifest.json").write_bytes((MODELS / "ranking" / "manifest.json").read_bytes())


def question(deal: random.Random, stored: list[str], store: Store) -> tuple[Any, dict[str, Any]]:
    """Return a need, stored or in words, with filters."""
    need = store.need(deal.choice(stored))
    chosen = {
        "sectors": deal.sample(list(Sector), 5) if deal.random() < 0.3 else [],
        "regions": deal.sample(list(Region), 3) if deal.random() < 0.3 else [],
        "size": Size.SME if deal.random() < 0.2 else None,
        "min_turnover": 100_000.0 if deal.random() < 0.2 else None,
    }
    words = f"{need.record.title} {deal.choice(['for carers', 'at night', 'in rural areas', 'GP', 'COPD'])}"
    return (need if deal.random() < 0.7 else Need.of_text(words)), {
        "filters": Filters.model_validate({name: value for name, value in chosen.items() if value is not None}),
        "apply_requirements": deal.random() < 0.6,
        "on": TODAY + timedelta(days=deal.randint(-400, 400)),
        "top": deal.choice([1, 5, 10, 50]),
    }


def change(store: Store, deal: random.Random, everybody: list[Profile], words: list[str]) -> None:
    """Edit a profile, withdraw it, or let it come back."""
    profile = deal.choice(everybody)
    present = store.profiles([profile.id]).get(profile.id)
    with store.writing() as writer:
        if present is None:
            writer.put(profile)
        elif deal.random() < 0.15:
            writer.withdraw(RecordKind.PROFILE, profile.id)
        else:
            writer.put(present.model_copy(update=edit(present, deal, words)))


def edit(profile: Profile, deal: random.Random, words: list[str]) -> dict[str, Any]:
    """Return fields of `profile` to change."""
    edits: list[dict[str, Any]] = [
        {"summary": f"{' '.join(deal.sample(words, 12))}."},
        {"turnover": deal.choice([None, 20_000.0, 3e6, 5e7])},
        {"accreditations": profile.accreditations[:-1]},
        {"capabilities": profile.capabilities[:-1]},
        {"track_record": profile.track_record[1:]},
        {"sector": deal.choice(list(Sector))},
        {"postcode": deal.choice(["LS1 4AP", "M1 1AE", "CF10 1EP"])},
    ]
    return deal.choice(edits)


def keep(ledger: Ledger, engine: Engine, deal: random.Random, needs: list[str]) -> None:
    """Keep a decision as an organisation would."""
    need, options = question(deal, needs, engine.store)
    filters = options.pop("filters")
    ledger.keep(engine, need, filters, by=f"icb-{deal.randint(1, 9)}", **options)


def test_decisions_replay_bit_for_bit_after_all_that_may_happen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deal, started = random.Random(2012), time.monotonic()
    models, home = tmp_path / "models", tmp_path / "home"
    home.mkdir()
    command = command_in(home, monkeypatch, capsys)
    promoted(command, MODELS, models)
    in_use = Settings(
        home=home, ranking_model=models / "ranking", encoder_weights=models / "encoder/weights.safetensors"
    )
    for name, value in in_use.environment().items():
        monkeypatch.setenv(name, value)
    with Store.open(in_use.store_url) as store:
        register = tmp_path / "profiles.jsonl"
        lines = (DEMO / "profiles.jsonl").read_text(encoding="utf-8").splitlines()[: COURSE.profiles]
        register.write_text("\n".join(lines), encoding="utf-8")
        import_files(store, RecordKind.PROFILE, [register])
        import_files(store, RecordKind.NEED, [DEMO / "needs.jsonl"])
        needs = [need.id for need in store.needs()]
        everybody = [found.profile for found in store.profile_changes(0) if found.profile]
        words = " ".join(profile.summary for profile in everybody).split()
        ledger, engine = Ledger(store), engine_of(in_use, store)
        changes = COURSE.changes
        for _ in range(COURSE.decisions):
            keep(ledger, engine, deal, needs)
            if deal.random() < 0.5:  # a third of the changes fall between the decisions, the rest comes after
                for _ in range(min(deal.randint(1, 2 * COURSE.changes // (3 * COURSE.decisions) + 1), changes)):
                    change(store, deal, everybody, words)
                    changes -= 1
        while changes:
            change(store, deal, everybody, words)
            changes -= 1
        seen = {decision.search.sequence for decision in ledger.decisions()}

        another_model(tmp_path / "new", deal)
        promoted(command, tmp_path / "new", models)
        other = engine_of(in_use, store)
        assert other.encoder.fingerprint != engine.encoder.fingerprint
        assert not np.array_equal(
            other.encoder.encode_query(["never seen"]), engine.encoder.encode_query(["never seen"])
        )
        assert other.model.version == "another" != engine.model.version
        for _ in range(COURSE.after):
            keep(ledger, other, deal, needs)

    built = time.monotonic()
    done = command("ledger", "replay", "--all", "--json")
    replays = json.loads(done.out)["replays"]
    with capsys.disabled():
        print(
            f"\n{len(replays)} decisions at {len(seen)} sequence numbers, {COURSE.changes} changes: "
            f"{sum(replay['identical'] for replay in replays)} identical; "
            f"made in {built - started:.0f} s, replayed in {time.monotonic() - built:.0f} s"
        )
    assert done.code == 0
    assert [replay["differences"] for replay in replays] == [[]] * (COURSE.decisions + COURSE.after)
    assert all(replay["notes"] == [] for replay in replays)
    assert command("ledger", "verify").code == 0


def promoted(command: Any, new: Path, models: Path) -> None:
    """Put a model to use in the folder `models`."""
    if (new / "ranking").is_dir():  # the one in use, which stands in two folders
        for part in ("ranking", "encoder"):
            (models / part).mkdir(parents=True)
            for file in (new / part).iterdir():
                (models / part / file.name).write_bytes(file.read_bytes())
        return
    done: Done = command("promote", new, "--models", models)
    assert done.code == 0, done
