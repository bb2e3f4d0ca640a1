"""Decisions on the demo set replay bit for bit after edits, withdrawals and the promotion of another model.

By default the test uses part of the set and takes half a minute. With MATCHER_REPLAYS=full it saves 200 decisions on
the whole set, makes 1,000 changes and saves 20 more decisions with the promoted model.
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
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.store import RecordKind, Store
from tests.support.commands import Done, command_in
from tests.support.strategies import TODAY

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
MODELS = Artefacts.installed().models


@dataclass(frozen=True)
class Scale:
    """The numbers of profiles, decisions and changes, and of decisions after the promotion."""

    profiles: int
    decisions: int
    changes: int
    after: int


SCALE = Scale(246, 200, 1_000, 20) if os.environ.get("MATCHER_REPLAYS") == "full" else Scale(40, 30, 60, 0)


def another_model(folder: Path, rng: random.Random) -> None:
    """Write a model as training would: the model in use with small changes to its encoder and ranking."""
    folder.mkdir()
    noise = np.random.default_rng(5)
    tuned = load_file(MODELS / "encoder" / "weights.safetensors")
    changed = {name: (t + noise.normal(0, 0.05 * t.std(), t.shape)).astype(t.dtype) for name, t in tuned.items()}
    save_file(changed, folder / "weights.safetensors")
    model = AdditiveModel.load(MODELS / "ranking")
    weights = tuple(tuple(weight * rng.uniform(0.5, 1.5) for weight in row) for row in model.weights)
    replace(model, version="another", base=model.base + 0.25, weights=weights).save(folder)
    (folder / "manifest.json").write_bytes((MODELS / "ranking" / "manifest.json").read_bytes())


def question(rng: random.Random, stored: list[str], store: Store) -> tuple[Any, dict[str, Any]]:
    """Return a need, stored or free text, with search options."""
    need = store.need(rng.choice(stored))
    filters = {
        "sectors": rng.sample(list(Sector), 5) if rng.random() < 0.3 else [],
        "regions": rng.sample(list(Region), 3) if rng.random() < 0.3 else [],
        "size": Size.SME if rng.random() < 0.2 else None,
        "min_turnover": 100_000.0 if rng.random() < 0.2 else None,
    }
    words = f"{need.record.title} {rng.choice(['for carers', 'at night', 'in rural areas', 'GP', 'COPD'])}"
    return (need if rng.random() < 0.7 else Need.from_text(words)), {
        "filters": Filters.model_validate({name: value for name, value in filters.items() if value is not None}),
        "apply_requirements": rng.random() < 0.6,
        "on": TODAY + timedelta(days=rng.randint(-400, 400)),
        "top": rng.choice([1, 5, 10, 50]),
    }


def change(store: Store, rng: random.Random, profiles: list[Profile], words: list[str]) -> None:
    """Edit a profile, withdraw it, or restore it."""
    profile = rng.choice(profiles)
    present = store.profiles([profile.id]).get(profile.id)
    with store.writing() as writer:
        if present is None:
            writer.put(profile)
        elif rng.random() < 0.15:
            writer.withdraw(RecordKind.PROFILE, profile.id)
        else:
            writer.put(present.model_copy(update=edit(present, rng, words)))


def edit(profile: Profile, rng: random.Random, words: list[str]) -> dict[str, Any]:
    """Return changed fields for `profile`."""
    edits: list[dict[str, Any]] = [
        {"summary": f"{' '.join(rng.sample(words, 12))}."},
        {"turnover": rng.choice([None, 20_000.0, 3e6, 5e7])},
        {"accreditations": profile.accreditations[:-1]},
        {"capabilities": profile.capabilities[:-1]},
        {"track_record": profile.track_record[1:]},
        {"sector": rng.choice(list(Sector))},
        {"postcode": rng.choice(["LS1 4AP", "M1 1AE", "CF10 1EP"])},
    ]
    return rng.choice(edits)


def save(ledger: Ledger, engine: Engine, rng: random.Random, needs: list[str]) -> None:
    """Save a decision as an organisation would."""
    need, options = question(rng, needs, engine.store)
    filters = options.pop("filters")
    ledger.save(engine, need, filters, by=f"icb-{rng.randint(1, 9)}", **options)


def test_decisions_replay_bit_for_bit_after_changes_and_a_promotion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng, started = random.Random(2012), time.monotonic()
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
        lines = (DEMO / "profiles.jsonl").read_text(encoding="utf-8").splitlines()[: SCALE.profiles]
        register.write_text("\n".join(lines), encoding="utf-8")
        import_files(store, "profiles", [register])
        import_files(store, "needs", [DEMO / "needs.jsonl"])
        needs = [need.id for need in store.needs()]
        profiles = [change.profile for change in store.profile_changes(0) if change.profile]
        words = " ".join(profile.summary for profile in profiles).split()
        ledger, engine = Ledger(store), engine_of(in_use, store)
        changes = SCALE.changes
        for _ in range(SCALE.decisions):
            save(ledger, engine, rng, needs)
            if rng.random() < 0.5:  # a third of the changes fall between the decisions, the rest after them
                for _ in range(min(rng.randint(1, 2 * SCALE.changes // (3 * SCALE.decisions) + 1), changes)):
                    change(store, rng, profiles, words)
                    changes -= 1
        while changes:
            change(store, rng, profiles, words)
            changes -= 1
        sequences = {decision.search.sequence for decision in ledger.decisions()}

        another_model(tmp_path / "new", rng)
        promoted(command, tmp_path / "new", models)
        other = engine_of(in_use, store)
        assert other.encoder.fingerprint != engine.encoder.fingerprint
        assert not np.array_equal(
            other.encoder.encode_query(["never seen"]), engine.encoder.encode_query(["never seen"])
        )
        assert other.model.version == "another" != engine.model.version
        for _ in range(SCALE.after):
            save(ledger, other, rng, needs)

    built = time.monotonic()
    done = command("ledger", "replay", "--all", "--json")
    replays = json.loads(done.out)["replays"]
    with capsys.disabled():
        print(
            f"\n{len(replays)} decisions at {len(sequences)} sequence numbers, {SCALE.changes} changes: "
            f"{sum(replay['identical'] for replay in replays)} identical; "
            f"saved in {built - started:.0f} s, replayed in {time.monotonic() - built:.0f} s"
        )
    assert done.code == 0
    assert [replay["differences"] for replay in replays] == [[]] * (SCALE.decisions + SCALE.after)
    assert all(replay["notes"] == [] for replay in replays)
    assert command("ledger", "verify").code == 0


def promoted(command: Any, new: Path, models: Path) -> None:
    """Promote the model in `new` to the folder `models`."""
    if (new / "ranking").is_dir():  # the packaged model, which is in two folders
        for part in ("ranking", "encoder"):
            (models / part).mkdir(parents=True)
            for file in (new / part).iterdir():
                (models / part / file.name).write_bytes(file.read_bytes())
        return
    done: Done = command("promote", new, "--models", models)
    assert done.code == 0, done
