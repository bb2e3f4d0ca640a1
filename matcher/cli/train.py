"""`matcher train` and `matcher promote`: train a model on award history, and put it into use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from matcher.bootstrap import opened_store
from matcher.cli.app import out, print_json, progress_bar
from matcher.cli.options import input_file, output_folder
from matcher.embedding import WEIGHTS_FILE, packaged_model
from matcher.foundations import atomic_files, owner_only
from matcher.foundations.artefacts import Artefacts
from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need, Profile
from matcher.scoring import AdditiveModel
from matcher.sources.awards import read_awards
from matcher.sources.formats.jsonl import Rejected, read_records
from matcher.training.history import select_awards
from matcher.training.manifest import MANIFEST_FILE
from matcher.training.recipe import Recipe
from matcher.training.training import train

_MODELS: Final = Artefacts.installed().models


def train_command(
    context: typer.Context,
    history: Annotated[
        Path,
        input_file("A JSON Lines file of past awards: needs with their suppliers."),
    ],
    out_folder: Annotated[Path, output_folder("The folder to write the new model to.")],
    register: Annotated[
        list[Path] | None,
        input_file("A file of profiles that describe suppliers in the history. Repeat for several files."),
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Use only awards published before this day.")
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        input_file("A file of needs to exclude from training. Repeat for several files."),
    ] = None,
    name: Annotated[str, typer.Option(help="The name of the model.")] = "soft-vote",
    version: Annotated[str, typer.Option(help="The version of the model.")] = "1",
) -> None:
    """Train a new model on past awards, or on shortlists in the same format.

    The model is not used until you promote it with: matcher promote.
    """
    profiles = [record for path in register or () for record in read_records(path, Profile, on_rejected=_skip)]
    excluded = {need.id for path in leave_out or () for need in read_records(path, Need, on_rejected=_skip)}
    awards = select_awards(read_awards(history), before.date() if before else None, frozenset(excluded))
    with opened_store(context.obj) as store, progress_bar() as bar:

        def start_progress(description: str) -> Callable[[int], None]:
            task = bar.add_task(description, total=None)
            return lambda done: bar.advance(task, done)

        recipe = Recipe(packaged_model(), store.vectors, profiles, start_progress)
        manifest = train(awards, recipe, out_folder, name=name, version=version)
    print_json(vars(manifest) | {"held_back": _brief(manifest.held_back)})
    out.print(f"To evaluate it: matcher evaluate --model {out_folder} …")
    out.print(f"To use it: matcher promote {out_folder}")


def _skip(_: Rejected) -> None:
    """Ignore a line that cannot be used. No single record is essential for training."""


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
    for part, files in (("encoder", (WEIGHTS_FILE,)), ("ranking", ("model.json", MANIFEST_FILE))):
        (models / part).mkdir(parents=True, exist_ok=True)
        for file in files:
            # The service may run as another user.
            atomic_files.write(models / part / file, (folder / file).read_bytes(), owner_only.PUBLIC_FILE)
    out.print(f"{folder} will be in use from the next start.")


def _brief(held_back: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in held_back.items() if name != "reliability"}
