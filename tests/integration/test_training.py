"""Training end to end on samples: it learns, repeats and resumes bit for bit, and its model can be promoted."""

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
from matcher.scoring import AdditiveModel
from matcher.sources.awards import Award, Winner
from matcher.store import Store
from matcher.training.judged_needs import JudgedNeed
from matcher.training.manifest import ModelManifest
from matcher.training.recipe import Recipe
from matcher.training.training import CurrentModel, Lessons, train
from tests.support.commands import Command
from tests.support.fakes import MemoryVectors

TRADES = (
    "falls prevention classes", "dementia day care", "school meals", "patient transport", "interpreting at clinics",
    "asthma home monitoring", "diabetes eye screening", "housing advice", "recovery college",
    "befriending by telephone",
)  # fmt: skip
# The notices of one supplier, each worded differently. Only these form "same_winner" pairs.
VARIED = (
    "strength and balance for older people",
    "exercise to prevent falls",
    "steady steps",
    "hip fracture aftercare",
)


def sample_history() -> list[Award]:
    """Return 220 awards, one per day. Each trade has two suppliers, and either wins at random."""
    rng = random.Random(1)
    awards = []
    for n in range(220):
        trade = rng.randrange(len(TRADES))
        title, id = TRADES[trade], f"{rng.choice('ab')}{trade}"
        if n % 55 == 10:
            title, id = VARIED[n // 55], "varied"
        need = parse(Need, {"id": f"n{n}", "title": title, "published": date(2020, 1, 1) + timedelta(days=n)})
        awards.append(Award(need, (Winner(id=id, name=f"Supplier {id}"),)))
    return awards


# Three of these profiles have the name of a winner.
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


def judged_needs(prefix: str) -> list[JudgedNeed]:
    """Return one need per trade. The register's profile for the trade is suitable, and the next one is related."""
    return [
        JudgedNeed(
            parse(Need, {"id": f"{prefix}{n}", "title": f"Wanted: {trade}", "value": 50_000}),
            {f"r{n}": 3, f"r{(n + 1) % 10}": 1, f"r{(n + 2) % 10}": 0, f"r{(n + 5) % 10}": 0},
        )
        for n, trade in enumerate(TRADES)
    ]


CURRENT = CurrentModel(None, Settings().ranking_model)


@dataclass
class Run:
    """A training run that writes to a folder, and the steps that it reported."""

    folder: Path
    lessons: Lessons = field(
        default_factory=lambda: Lessons(sample_history(), judged_needs("taught"), judged_needs("held"))
    )
    vectors: MemoryVectors = field(default_factory=MemoryVectors)
    steps: list[str] = field(default_factory=list)

    def __call__(self) -> ModelManifest:
        self.steps.clear()

        def start_progress(step: str) -> Callable[[int], None]:
            self.steps.append(step)
            return lambda _: None

        recipe = Recipe(packaged_model(), self.vectors, REGISTER, start_progress, epochs=1, runs=2)
        return train(self.lessons, CURRENT, recipe, self.folder, name="sample", version="7")

    def written(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A complete run."""
    complete = Run(tmp_path_factory.mktemp("trained"))
    complete()
    return complete


def test_the_manifest_reports_what_was_learned(run: Run) -> None:
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert (manifest["name"], manifest["version"]) == ("sample", "7")
    encoder, ranking = manifest["encoder"], manifest["ranking"]
    assert (encoder["awards"], encoder["first"], encoder["last"]) == (220, "2020-01-01", "2020-08-07")
    assert 1 <= encoder["pairs"]["same_winner"] <= 9
    assert encoder["pairs"]["register"] == 12
    assert encoder["steps"] > 1
    assert run.steps.count("Tuning the encoder") == 2
    assert [(ranking[part]["needs"], ranking[part]["grades"]) for part in ("fitted", "calibrated")] == [(10, 40)] * 2
    assert ranking["fitted"]["judgements"] != ranking["calibrated"]["judgements"]
    figures = ranking["figures"]
    assert figures["suitability"]["ndcg@10"] > 0.95
    assert 0 <= figures["expected_calibration_error"] < 0.25


def test_judgements_alone_keep_the_encoder_and_awards_alone_keep_the_weights(run: Run, tmp_path: Path) -> None:
    judged = Run(tmp_path / "judged", Lessons(judged=judged_needs("taught"), calibration=judged_needs("held")))
    manifest = judged()
    assert (manifest.encoder, "Tuning the encoder" in judged.steps) == (None, False)
    assert not (tmp_path / "judged" / "weights.safetensors").exists(), "the model in use has no tuned weights here"
    shutil.copytree(run.folder, tmp_path / "awards")
    manifest = Run(tmp_path / "awards", Lessons(sample_history()), run.vectors)()
    assert manifest.ranking is None
    model, current = AdditiveModel.load(tmp_path / "awards"), AdditiveModel.load(CURRENT.ranking)
    assert (model.weights, model.curves, model.name) == (current.weights, current.curves, "sample")


def test_the_model_loads_and_its_probabilities_rise(run: Run) -> None:
    model = AdditiveModel.load(run.folder)
    assert (model.name, model.version) == ("sample", "7")
    low, high = model.log_odds.values
    assert low < high


def test_a_second_run_skips_tuning_and_writes_the_same_files(run: Run) -> None:
    before = run.written()
    again = Run(run.folder, vectors=run.vectors)
    again()
    assert "Tuning the encoder" not in again.steps
    assert again.written() == before


def test_an_interrupted_run_resumes_to_the_same_model_bit_for_bit(run: Run, tmp_path: Path) -> None:
    """The run was killed while writing the weights of the last tuning run, and the cached vectors were lost."""
    shutil.copytree(run.folder, tmp_path / "cut")
    for file in ("weights.safetensors", "run-2.stamp", "model.json", "manifest.json"):
        (tmp_path / "cut" / file).unlink()
    (tmp_path / "cut" / "run-2.safetensors").write_bytes(b"half")
    resumed = Run(tmp_path / "cut")
    resumed()
    assert resumed.steps.count("Tuning the encoder") == 1, "only the incomplete run is repeated"
    assert resumed.vectors.stored == run.vectors.stored
    assert resumed.written() == run.written()


def test_search_uses_a_promoted_model(run: Run, command: Command, tmp_path: Path) -> None:
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
        answer = engine.search(Need(id="n", title="Meals for schools"))
        assert engine.index().encoder != SentenceEncoder(packaged_model()).fingerprint, "the tuned encoder"
    assert (answer.model, answer.results[0].profile_id) == ("sample-7", "r2")
    probabilities = [match.probability for match in answer.results]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(match.contributions["accreditations"] == 0 for match in answer.results), "the need requires none"
    assert all(match.contributions["breadth"] == 0 for match in answer.results), "only the best piece counts"
