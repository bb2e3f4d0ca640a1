"""`matcher train` and `matcher promote`: a new model from award history, and putting it to use."""

from __future__ import annotations

import json as json_format
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from matcher.bootstrap import opened_store
from matcher.cli.app import out, progress_bar
from matcher.embedding import WEIGHTS_FILE, packaged_model
from matcher.foundations.artefacts import Artefacts
from matcher.foundations.errors import InvalidInput, Place
from matcher.records import Need, Profile
from matcher.scoring.model import AdditiveModel
from matcher.sources.awards import read_awards
from matcher.sources.formats.jsonl import Rejected, read_records
from matcher.training.training import MANIFEST_FILE, Recipe, read_before, train

_MODELS: Final = Artefacts.installed().models

File = Annotated[Path, typer.Option(exists=True, dir_okay=False)]


def train_command(
    context: typer.Context,
    history: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Awards: needs with their suppliers.")],
    out_folder: Annotated[Path, typer.Option("--out", file_okay=False, help="Folder for the new model.")],
    register: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="Profiles with texts of their own.")
    ] = None,
    before: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only awards before this day.")] = None,
    leave_out: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="Needs not to learn from.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the model.")] = "soft-vote",
    version: Annotated[str, typer.Option(help="Version of the model.")] = "1",
) -> None:
    """Train an encoder and a ranking on past awards, or on shortlists written in the same form.

    The model is written to a folder of its own and not used until it is promoted.
    """
    profiles = [record for path in register or () for record in read_records(path, Profile, on_rejected=_skip)]
    left_out = {need.id for path in leave_out or () for need in read_records(path, Need, on_rejected=_skip)}
    awards = read_before(read_awards(history), before.date() if before else None, frozenset(left_out))
    with opened_store(context.obj) as store, progress_bar() as bar:

        def tell(description: str) -> Callable[[int], None]:
            task = bar.add_task(description, total=None)
            return lambda done: bar.advance(task, done)

        recipe = Recipe(packaged_model(), store.vectors, profiles, tell)
        manifest = train(awards, recipe, out_folder, name=name, version=version)
    out.print(json_format.dumps(vars(manifest) | {"held_back": _brief(manifest.held_back)}, indent=2))
    out.print(f"To see it beside the one in use: matcher evaluate --model {out_folder} …")
    out.print(f"To use it: matcher promote {out_folder}")


def _skip(_: Rejected) -> None:
    """Ignore a line that cannot be used: training needs no single record."""


def promote(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder written by train.")],
    models: Annotated[Path, typer.Option(file_okay=False, help="Where the models in use stand.")] = _MODELS,
) -> None:
    """Put a trained model to use from the next start on. The index is then built anew for its encoder."""
    if not all((folder / file).is_file() for file in (MANIFEST_FILE, WEIGHTS_FILE, "model.json")):
        raise InvalidInput(
            "holds no trained model", remedy="Name a folder written by train", place=Place(file=str(folder))
        )
    AdditiveModel.load(folder)
    for part, files in (("encoder", (WEIGHTS_FILE,)), ("ranking", ("model.json", MANIFEST_FILE))):
        (models / part).mkdir(parents=True, exist_ok=True)
        for file in files:
            staging = models / part / f".{file}.part"
            shutil.copyfile(folder / file, staging)
            staging.replace(models / part / file)
    out.print(f"{folder} is in use.")


def _brief(held_back: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in held_back.items() if name != "reliability"}
