"""Restoring a backup, without bringing back what was erased after the backup was made."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import delete, select

from matcher.accounts import Accounts
from matcher.bootstrap import opened_store
from matcher.foundations.errors import NotFound
from matcher.foundations.settings import Settings
from matcher.ledger.chain import Appender
from matcher.ledger.entry import RECORDS, Event, RecordedRedaction, digest_of
from matcher.ledger.redaction import TEXTS, replace_text
from matcher.registration.tables import registration
from matcher.store import Store
from matcher.store.backup import restore as restore_backup
from matcher.store.erasures import Erasure, ErasureKind, Erasures, latest, read_file
from matcher.store.schema import contact

_ACTOR = "this-installation"
_REASON = "Erased again after a backup was restored"


@dataclass(frozen=True)
class Restored:
    """The number of profiles and needs in the restored register, and of erasures that were repeated in it."""

    profiles: int
    needs: int
    erased: int


def restore(settings: Settings, file: Path) -> Restored:
    """Replace the register with the backup `file`, then repeat the erasures that the backup does not know.

    The erasures come from the register that is replaced and, if that was lost, from the file of erasures in the home.

    Raises:
        InvalidInput: `file` is not a backup of this kind of database, is damaged, or is from a newer version.
        Unavailable: the database cannot be written.

    """
    with opened_store(settings) as store:
        known = latest([*read_file(settings.erasures_file), *_with_texts(store)])
    restore_backup(file, settings.store_url)
    with opened_store(settings) as store:
        included = {erased.key for erased in Erasures(store.database).all()}
        repeated = [erased for erased in known if erased.key not in included]
        _repeat(store, repeated)
        if any(erased.kind in TEXTS for erased in repeated):
            shutil.rmtree(settings.index_folder, ignore_errors=True)  # it may hold the words
        return Restored(**store.counts(), erased=len(repeated))


def _with_texts(store: Store) -> list[Erasure]:
    """Return the erasures in the database, each redaction with the text that remained and the original digest."""
    erasures = Erasures(store.database).all()
    with store.reading() as connection:
        for position, erased in enumerate(erasures):
            if (text := TEXTS.get(erased.kind)) is not None:
                query = select(text.content, text.original).where(text.number == int(erased.id))
                if (row := connection.execute(query).one_or_none()) is not None:
                    erasures[position] = replace(erased, content=row[0], original=row[1])
    return erasures


def _repeat(store: Store, erasures: list[Erasure]) -> None:
    known, redactions = Erasures(store.database), list[RecordedRedaction]()
    with store.database.writing() as connection:
        for erased in erasures:
            known.adopt(erased)
            if erased.kind is ErasureKind.CONTACT:
                connection.execute(delete(contact).where(contact.c.profile_id == erased.id))
            elif erased.kind is ErasureKind.REGISTRATION:
                connection.execute(delete(registration).where(registration.c.id == erased.id))
            elif erased.kind is ErasureKind.MEMBER:
                with suppress(NotFound):
                    Accounts(store.database).erase_member(erased.id)
                known.adopt(erased)
            elif erased.content is not None:
                text, number = TEXTS[erased.kind], int(erased.id)
                is_same = (text.number == number) & (text.original == erased.original)
                if connection.execute(select(text.number).where(is_same)).first() is None:
                    known.forget(erased)
                    continue
                replace_text(connection, erased.kind, number, erased.content)
                digest = digest_of(erased.content.encode())
                redactions.append(RecordedRedaction(kind=erased.kind, number=number, digest=digest))
        if redactions:
            Appender(connection).append(
                Event.REDACT, _ACTOR, decision=RECORDS, reason=_REASON, redactions=tuple(redactions)
            )
    store.database.empty_log()
