"""What was erased does not come back from a restored backup, and old copies end."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from matcher.accounts import Accounts, OrganisationKind
from matcher.foundations.settings import Settings
from matcher.ledger import Ledger
from matcher.operations import delete_old_copies, delete_old_letters
from matcher.store import RecordKind, Store
from tests.support.commands import Command

PROFILES = [
    {"id": "steps", "name": "Steps", "summary": "Anna Field runs classes", "contact": {"email": "anna@example.org"}},
    {"id": "warm", "name": "Warm Hall", "summary": "Meals", "contact": {"email": "bo@example.org"}},
]


def opened() -> Store:
    """Open the store as the product does."""
    settings = Settings()
    return Store.open(settings.store_url, erasures_file=settings.erasures_file)


@pytest.mark.parametrize("lost", [False, True], ids=["replaced", "lost"])
def test_a_restored_backup_does_not_bring_back_what_was_erased(command: Command, tmp_path: Path, lost: bool) -> None:
    file, backup = tmp_path / "profiles.jsonl", tmp_path / "backup"
    file.write_text("\n".join(map(json.dumps, PROFILES)), encoding="utf-8")
    assert command("import", "profiles", file).code == 0
    with opened() as store:
        accounts = Accounts(store.database)
        accounts.add_organisation("icb", name="An ICB", kind=OrganisationKind.COMMISSIONER)
        member = accounts.add_member("icb", name="Cy Day", email="cy@example.org").id
    assert command("backup", backup).code == 0
    with opened() as store:
        assert store.erase_contact("steps")
        Accounts(store.database).erase_member(member)
        Ledger(store).redact_history(RecordKind.PROFILE, "steps", "Anna Field", by="icb")
    if lost:
        for path in Settings().home.glob("register.sqlite*"):
            path.unlink()
    done = command("restore", backup, "--replace")
    assert (done.code, done.err) == (0, "")
    assert "Erased again, because they were erased after the backup was made: 3" in done.out
    with opened() as store:
        assert store.contact("steps") is None
        assert store.contact("warm") is not None
        assert Accounts(store.database).member(member).email is None
        assert store.profile("steps").record.summary == "[redacted] runs classes"
        verification = Ledger(store).verify()
        assert verification.intact
        assert [(each.kind, each.number) for each in verification.redactions] == [("revision", 1)]
        assert store.problems() == []
        with store.reading() as connection:
            assert "Anna" not in str(connection.execute(text("SELECT * FROM revision")).all())


def test_old_copies_end_after_thirty_days(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    old = datetime.now(UTC) - timedelta(days=31)
    for folder, name in (
        ("backups", "before-restore-1"),
        ("import-rejects", "x.jsonl"),
        ("letters", "2026-01-02-p.eml"),
    ):
        (tmp_path / folder).mkdir()
        for path in (tmp_path / folder / name, tmp_path / folder / f"{name}.new"):
            path.write_text("x", encoding="utf-8")
        os.utime(tmp_path / folder / name, (old.timestamp(), old.timestamp()))
    assert {path.name for path in delete_old_copies(settings)} == {"before-restore-1", "x.jsonl"}
    assert [path.name for path in delete_old_letters(tmp_path / "letters")] == ["2026-01-02-p.eml"]
    assert (tmp_path / "backups" / "before-restore-1.new").exists()
