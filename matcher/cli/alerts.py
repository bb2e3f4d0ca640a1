"""`matcher alerts`: digests of new opportunities for suppliers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matcher.alerts import Alert, Alerts, Digest, MailServer, digests, email_of, write
from matcher.bootstrap import opened_engine
from matcher.cli.app import counted, err, out, print_json
from matcher.cli.options import Json
from matcher.foundations.errors import UserError
from matcher.foundations.settings import Settings
from matcher.operations import delete_old_letters
from matcher.store import Store


def alerts(
    context: typer.Context,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the digests, in JSON and e-mail format.")],
    json: Json = False,
) -> None:
    """Write a digest for every alert with new opportunities, and e-mail it if MATCHER_SMTP_HOST is set.

    If a digest cannot be delivered, the others still are, and the exit code is 1. The next run tries again.
    """
    settings: Settings = context.obj
    sent: dict[str, int] = {}
    failed: dict[str, str] = {}
    mail_server = MailServer(settings)
    delete_old_letters(out_folder)
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
                _deliver(digest, engine.store, settings, mail_server, out_folder)
            except UserError as error:
                failed[digest.profile_id] = str(error)
                err.print(f"error: {digest.profile_id}: {error}", markup=False, soft_wrap=True)
                continue
            # Recorded last, so that a failed digest is sent again.
            saved.mark_reported(digest.profile_id, [opportunity.need_id for opportunity in digest.opportunities])
            sent[digest.profile_id] = len(digest.opportunities)
    if json:
        print_json({"told": sent} | ({"failed": failed} if failed else {}))
    else:
        opportunities = counted(sum(sent.values()), "opportunity", "opportunities")
        out.print(f"{counted(len(sent), 'digest')} with {opportunities} written to {out_folder}", markup=False)
    if failed:
        raise typer.Exit(1)


def _deliver(digest: Digest, store: Store, settings: Settings, mail_server: MailServer, folder: Path) -> None:
    contact = store.contact(digest.profile_id)
    address = contact.email if contact else None
    email = email_of(digest, sender=settings.mail_from, to=address) if address else None
    write(digest, folder, email)
    if email is not None and settings.smtp_host:
        mail_server.send(email)
