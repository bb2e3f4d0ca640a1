"""`matcher alerts`: digests of new opportunities for suppliers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matcher.alerts import Alert, Alerts, Digest, digests, email_of, send, write
from matcher.bootstrap import opened_engine
from matcher.cli.app import err, out, print_json
from matcher.cli.options import Json
from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings
from matcher.store import Store


def alerts(
    context: typer.Context,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the digests, in JSON and e-mail format.")],
    json: Json = False,
) -> None:
    """Write a digest for every alert with new opportunities, and e-mail it if MATCHER_SMTP_HOST is set."""
    settings: Settings = context.obj
    sent: dict[str, int] = {}
    failed: Unavailable | None = None
    with opened_engine(settings) as engine:
        saved = Alerts(engine.store.database)
        for digest in digests(engine, saved):
            if isinstance(digest, Alert):
                err.print(f"profile {digest.profile_id} is withdrawn, so its alert has been removed", markup=False)
                saved.remove(digest.profile_id)
                continue
            if not digest.opportunities:
                continue
            try:
                _deliver(digest, engine.store, settings, out_folder)
            except Unavailable as error:  # send the other digests first
                failed = error
                continue
            # Recorded last, so that a failed digest is sent again.
            saved.mark_reported(digest.profile_id, [opportunity.need_id for opportunity in digest.opportunities])
            sent[digest.profile_id] = len(digest.opportunities)
    if failed is not None:
        raise failed
    if json:
        print_json({"told": sent})
    else:
        out.print(
            f"{len(sent):,} digests with {sum(sent.values()):,} opportunities written to {out_folder}", markup=False
        )


def _deliver(digest: Digest, store: Store, settings: Settings, folder: Path) -> None:
    contact = store.contact(digest.profile_id)
    address = contact.email if contact else None
    email = email_of(digest, sender=settings.mail_from, to=address) if address else None
    write(digest, folder, email)
    if email is not None and settings.smtp_host:
        send(email, settings.smtp_host, settings.smtp_port)
