"""The whole recipe on a made history: it learns, repeats itself to the last bit, resumes, and can be put to use."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from matcher.bootstrap import engine_of
from matcher.embedding import SentenceEncoder, packaged_model
from matcher.foundations.settings import Settings
from matcher.records import Need, Profile, parse
from matcher.scoring.model import AdditiveModel
from matcher.sources.awards import Award, Winner
from matcher.store import Store
from matcher.training.training import FITTED_SHARE, ModelManifest, Recipe, train
from tests.support.commands import Command
from tests.support.fakes import MemoryVectors

TRADES = (
    "falls prevention classes", "dementia day care", "school meals", "patient transport", "interpreting at clinics",
    "asthma home monitoring", "diabetes eye screening", "housing advice", "recovery college",
    "befriending by telephone",
)  # fmt: skip
# The notices of one supplier, worded each in its own way: of these alone there are pairs.
VARIED = (
    "strength and balance for older people",
    "exercise to prevent falls",
    "steady steps",
    "hip fracture aftercare",
)


def made_history() -> list[Award]:
    """Return 220 awards, one a day; each trade has two suppliers, of whom either wins by chance."""
    deal = random.Random(1)
    awards = []
    for n in range(220):
        trade = deal.randrange(len(TRADES))
        title, id = TRADES[trade], f"{deal.choice('ab')}{trade}"
        if n % 55 == 10:
            title, id = VARIED[n // 55], "varied"
        need = parse(Need, {"id": f"n{n}", "title": title, "published": date(2020, 1, 1) + timedelta(days=n)})
        awards.append(Award(need, (Winner(id=id, name=f"Supplier {id}"),)))
    return awards


# Three of them have won, under the name they have here.
REGISTER = [
    parse(
        Profile,
        {
            "id": f"r{n}",
            "name": f"SUPPLIER A{n} Limited" if n < 3 else f"Another {n}",
            "summary": f"We are known for {trade}",
            "turnover": 10.0 ** (4 + n % 3),
        },
    )
    for n, trade in enumerate(TRADES)
]


@dataclass
class Run:
    """Training into a folder, and what it told of."""

    folder: Path
    vectors: MemoryVectors = field(default_factory=MemoryVectors)
    told: list[str] = field(default_factory=list)

    def __call__(self) -> ModelManifest:
        self.told.clear()

        def tell(what: str) -> Callable[[int], None]:
            self.told.append(what)
            return lambda _: None

        recipe = Recipe(packaged_model(), self.vectors, REGISTER, tell, epochs=1, runs=2)
        return train(made_history(), recipe, self.folder, name="made", version="7")

    def written(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that went through."""
    made = Run(tmp_path_factory.mktemp("trained"))
    made()
    return made


def test_what_was_learned_is_told(run: Run) -> None:
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert (manifest["name"], manifest["version"], manifest["awards"]) == ("made", "7", 220)
    assert (manifest["first"], manifest["last"]) == ("2020-01-01", "2020-08-07")
    assert 1 <= manifest["pairs"]["same_winner"] <= 9
    assert manifest["pairs"]["register"] == 12
    assert manifest["steps"] > 1
    asked = round(220 * FITTED_SHARE)
    assert asked / 2 < manifest["fitted_needs"] <= asked
    assert 15 < manifest["register_needs"] < 50
    held = manifest["held_back"]
    assert (held["needs"], held["from"]) == (110, "2020-04-20")
    assert held["hit@10"] > 0.95
    assert held["mrr"] > 0.5, "the two of the trade come first, in either order"
    assert 0 <= held["expected_calibration_error"] < 0.25
    assert run.told.count("Tuning the encoder") == 3, "once in the rehearsal, and twice on all"


def test_the_model_ranks_and_its_probabilities_rise(run: Run) -> None:
    model = AdditiveModel.load(run.folder)
    assert (model.name, model.version) == ("made", "7")
    low, high = model.log_odds.values
    assert low < high


def test_a_second_run_does_not_tune_again_and_writes_the_same(run: Run) -> None:
    before = run.written()
    again = Run(run.folder, run.vectors)
    again()
    assert "Tuning the encoder" not in again.told
    assert again.written() == before


def test_an_interrupted_run_goes_on_and_ends_in_the_same_model_bit_for_bit(run: Run, tmp_path: Path) -> None:
    """Killed while the last tuning was written; what had been encoded is lost with the home."""
    shutil.copytree(run.folder, tmp_path / "cut")
    for made in ("weights.safetensors", "run-2.stamp", "model.json", "manifest.json"):
        (tmp_path / "cut" / made).unlink()
    (tmp_path / "cut" / "run-2.safetensors").write_bytes(b"half")
    resumed = Run(tmp_path / "cut")
    resumed()
    assert resumed.told.count("Tuning the encoder") == 1, "only what was not done is"
    assert resumed.vectors.kept == run.vectors.kept
    assert resumed.written() == run.written()


def test_a_promoted_model_is_searched_with(run: Run, command: Command, tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert command("promote", run.folder, "--models", models).code == 0
    settings = Settings(
        home=tmp_path / "home",
        encoder=None,
        encoder_weights=models / "encoder" / "weights.safetensors",
        ranking_model=models / "ranking",
    )
    with Store.open("sqlite://") as store:
        with store.writing() as writer:
            writer.put_many([(profile, None) for profile in REGISTER])
        engine = engine_of(settings, store)
        found = engine.search(Need(id="n", title="Meals for schools"))
        assert engine.index().encoder != SentenceEncoder(packaged_model()).fingerprint, "it is the tuned one"
    assert (found.model, found.results[0].profile_id) == ("made-7", "r2")
    likely = [match.probability for match in found.results]
    assert likely == sorted(likely, reverse=True)
    assert all(match.contributions["accreditations"] == 0 for match in found.results), "none was asked for"
