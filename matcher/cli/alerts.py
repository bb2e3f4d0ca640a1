"""`matcher alerts`: tells suppliers of new opportunities."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from matcher.alerts import Alert, Alerts, Digest, digests, letter_of, send, write
from matcher.bootstrap import opened_engine
from matcher.cli.app import err, out
from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings
from matcher.store import Store


def alerts(
    context: typer.Context,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the digests, JSON and e-mail.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a digest for every alert with something new, and mail it where MATCHER_SMTP_HOST is set."""
    settings: Settings = context.obj
    told: dict[str, int] = {}
    failed: Unavailable | None = None
    with opened_engine(settings) as engine:
        kept = Alerts(engine.store.database)
        for digest in digests(engine, kept):
            if isinstance(digest, Alert):
                err.print(f"the profile {digest.profile_id} was withdrawn; its alert is removed", markup=False)
                kept.remove(digest.profile_id)
                continue
            if not digest.opportunities:
                continue
            try:
                _tell(digest, engine.store, settings, out_folder)
            except Unavailable as error:  # the others are told all the same
                failed = error
                continue
            # Only now: what fails before is told again.
            kept.tell(digest.profile_id, [one.need_id for one in digest.opportunities])
            told[digest.profile_id] = len(digest.opportunities)
    if failed is not None:
        raise failed
    if json:
        typer.echo(json_format.dumps({"told": told}, indent=2))
    else:
        out.print(
            f"suppliers told: {len(told):,}; opportunities: {sum(told.values()):,}; in {out_folder}", markup=False
        )


def _tell(digest: Digest, store: Store, settings: Settings, folder: Path) -> None:
    contact = store.contact(digest.profile_id)
    address = contact.email if contact else None
    letter = letter_of(digest, sender=settings.mail_from, to=address) if address else None
    write(digest, folder, letter)
    if letter is not None and settings.smtp_host:
        send(letter, settings.smtp_host, settings.smtp_port)
