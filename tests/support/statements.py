"""Statements for tests of the register: what notices, public registers and a supplier itself say about the supplier."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from matcher.records import Need, Profile
from matcher.register import ImportReport, import_files
from matcher.register.session import Session
from matcher.sources.ocds.parties import proposed_id
from matcher.sources.statement import Origin, Statement
from matcher.store import Store
from tests.support.notices import party, release, written

STEADY = party("Steady Ltd", company="07654321")


def import_notices(store: Store, folder: Path, *releases: dict[str, Any], name: str = "a.json") -> ImportReport:
    """Import releases from a file in `folder`."""
    return import_files(store, "ocds", [written(folder / name, list(releases))])


def statement(source: str, record: str, day: str | None = None, **fields: Any) -> Statement:
    """Return a statement about Steady Ltd, unless `fields` gives another name."""
    fields = {"name": "Steady Ltd", **fields}
    stated = date.fromisoformat(day) if day else None
    return Statement(
        source,
        record,
        fields,
        Origin("file", f"line {record}", stated),
        proposed_id(fields["name"], fields.get("identifiers", {})),
    )


def add(store: Store, *statements: Statement) -> None:
    """Add statements to the register in one session."""
    with store.writing() as writer:
        session = Session(writer)
        session.follow()
        session.add(statements)
        session.finish()


def profiles(store: Store) -> dict[str, Profile]:
    return {change.id: change.profile for change in store.profile_changes(0) if change.profile}


def need(store: Store, number: int = 1) -> Need:
    return store.need(release(number)["ocid"]).record


def numbered(**numbers: str) -> dict[str, Any]:
    return {"identifiers": numbers}


def own(**fields: Any) -> dict[str, Any]:
    return {"id": "steady", "name": "Steady", "summary": "We know falls.", **fields}


def put_own(store: Store, folder: Path, **fields: Any) -> None:
    """Import the profile that Steady wrote itself."""
    (folder / "own.jsonl").write_text(json.dumps(own(**fields)) + "\n")
    import_files(store, "profiles", [folder / "own.jsonl"])
