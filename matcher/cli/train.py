"""`matcher train` and `matcher promote`: train a model on awards and judgements, and put it into use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from matcher.bootstrap import opened_store, second_reading_of
from matcher.cli.app import out, print_json, progress_bar, records_in
from matcher.cli.options import input_file, output_folder
from matcher.embedding import WEIGHTS_FILE, packaged_model
from matcher.foundations import atomic_files, owner_only
from matcher.foundations.artefacts import Artefacts
from matcher.foundations.errors import InvalidInput, Place
from matcher.reading import MODEL_FILE, TOKENIZER_FILE
from matcher.records import Need, Profile
from matcher.scoring import AdditiveModel
from matcher.sources.awards import read_awards
from matcher.training.history import in_date_order, select_awards
from matcher.training.judged_needs import read_judged_needs
from matcher.training.manifest import MANIFEST_FILE
from matcher.training.recipe import Recipe
from matcher.training.training import READER_FOLDER, CurrentModel, Lessons, train

_MODELS: Final = Artefacts.installed().models


def _folder(help: str) -> Any:
    return typer.Option(exists=True, file_okay=False, help=help)


def train_command(
    context: typer.Context,
    out_folder: Annotated[Path, output_folder("The folder to write the new model to.")],
    history: Annotated[
        Path | None,
        input_file("A JSON Lines file of past awards, needs with their suppliers, to tune the encoder on."),
    ] = None,
    judged: Annotated[
        list[Path] | None,
        _folder("A folder of judged needs (needs.jsonl, qrels.tsv) to fit the weights on. Repeat for several folders."),
    ] = None,
    calibrate: Annotated[
        list[Path] | None,
        _folder("A folder of other judged needs to calibrate the probability on. Required with --judged."),
    ] = None,
    register: Annotated[
        list[Path] | None,
        input_file("A file of profiles that were judged, or that won awards. Repeat for several files."),
    ] = None,
    reader: Annotated[
        Path | None,
        _folder("A folder of a cross-encoder to tune on the judgements, for the second reading. Needs --judged."),
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Use only awards published before this day.")
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        input_file("A file of needs whose awards are not used. Repeat for several files."),
    ] = None,
    name: Annotated[str, typer.Option(help="The name of the model.")] = "best-piece",
    version: Annotated[str, typer.Option(help="The version of the model.")] = "1",
) -> None:
    """Train a new model: the encoder on past awards, the weights on judgements of who suits.

    A part that you give nothing to learn from stays as it is in the model in use. The new model is not used until you
    promote it with: matcher promote.
    """
    if not history and not judged:
        raise typer.BadParameter("there is nothing to learn from. Give --history, or --judged and --calibrate")
    if bool(judged) != bool(calibrate):
        raise typer.BadParameter("--judged and --calibrate belong together: give both, with different needs")
    settings = context.obj
    profiles = [record for path in register or () for record in records_in(path, Profile)]
    excluded = frozenset(need.id for path in leave_out or () for need in records_in(path, Need))
    awards = select_awards(read_awards(history), before.date() if before else None, excluded) if history else []
    if history:
        in_date_order(awards)  # refuses a history that is too short before anything is written
    lessons = Lessons(awards, read_judged_needs(judged or ()), read_judged_needs(calibrate or ()), reader)
    if repeated := {each.need.id for each in lessons.judged} & {each.need.id for each in lessons.calibration}:
        raise InvalidInput(
            f"need {min(repeated)} is both in --judged and in --calibrate", remedy="Use different needs for the two"
        )
    with opened_store(settings) as store, progress_bar() as bar:

        def start_progress(description: str) -> Callable[[int], None]:
            task = bar.add_task(description, total=None)
            return lambda done: bar.advance(task, done)

        recipe = Recipe(packaged_model(), store.vectors, profiles, start_progress)
        weights = settings.encoder_weights
        second_reading = second_reading_of(settings)
        current = CurrentModel(
            weights if weights and weights.exists() else None,
            settings.ranking_model,
            settings.reader if second_reading else None,
        )
        manifest = train(lessons, current, recipe, out_folder, name=name, version=version)
    print_json(manifest.to_json())
    out.print(f"To evaluate it: matcher evaluate --model {out_folder} …")
    out.print(f"To use it: matcher promote {out_folder}")


def promote(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder written by matcher train.")],
    models: Annotated[Path, typer.Option(file_okay=False, help="The folder of the models in use.")] = _MODELS,
) -> None:
    """Put a trained model into use. The next start loads the model and rebuilds the index for its encoder."""
    if not all((folder / file).is_file() for file in (MANIFEST_FILE, WEIGHTS_FILE, "model.json")):
        raise InvalidInput(
            "does not contain a trained model",
            remedy="Use a folder written by matcher train",
            place=Place(file=str(folder)),
        )
    AdditiveModel.load(folder)
    parts = {"encoder": (WEIGHTS_FILE,), "ranking": ("model.json", MANIFEST_FILE)}
    sources = {"encoder": folder, "ranking": folder, READER_FOLDER: folder / READER_FOLDER}
    if sources[READER_FOLDER].is_dir():
        parts[READER_FOLDER] = (MODEL_FILE, TOKENIZER_FILE)
    for part, files in parts.items():
        (models / part).mkdir(parents=True, exist_ok=True)
        for file in files:
            # The service may run as another user.
            atomic_files.write(models / part / file, (sources[part] / file).read_bytes(), owner_only.PUBLIC_FILE)
    out.print(f"{folder} will be in use from the next start.")
