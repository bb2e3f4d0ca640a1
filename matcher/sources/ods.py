"""Organisations from the Organisation Data Service (ODS), with links to their successors.

The reader accepts responses of the ORD interface, https://directory.spineservices.nhs.uk/ORD/2-0-0/organisations/CODE
(one organisation, a list of organisations, JSON Lines, or search summaries), and tables with the columns `code`,
`name` and, optionally, `status`, `role`, `successor` (several separated by "|") and `since`. It does not accept the
older CSV files without column names, because such a file does not say what its columns mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records.text import clean
from matcher.sources.formats.containers import Stream, members, opened
from matcher.sources.formats.items import Item
from matcher.sources.formats.tables import read_table
from matcher.sources.register_rows import ENDINGS as TABLE_ENDINGS
from matcher.sources.register_rows import parse_day

ENDINGS: Final = (*TABLE_ENDINGS, ".jsonl", ".jsonl.gz")

__all__ = ["ENDINGS", "OdsOrganisation", "Succession", "read"]

_INSIDE: Final = (".json", ".jsonl", ".csv", ".txt")
_MAX_FILE: Final = 512 * 1_048_576
_MAX_CODE: Final = 10
_AS_RECEIVED: Final = "Use the ODS responses exactly as received"


@dataclass(frozen=True)
class Succession:
    """The code of the organisation that took over, and the date when it did so, if known."""

    code: str
    since: date | None = None


@dataclass(frozen=True)
class OdsOrganisation:
    """An organisation and its ODS code. `role` is the code for its primary role, such as RO261 or "icb"."""

    code: str
    name: str
    active: bool = True
    role: str = ""
    successors: tuple[Succession, ...] = ()


def read(path: Path) -> Iterator[Item[OdsOrganisation]]:
    """Yield the organisations in a file.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    for member in members(path, _INSIDE):
        with opened(path, member) as stream:
            for value, place in _values(stream):
                try:
                    organisation = _organisation(value, place)
                except InvalidInput as problem:
                    yield Item(stream.position(), problem=problem)
                else:
                    yield Item(stream.position(), organisation)


def _values(stream: Stream) -> Iterator[tuple[dict[str, Any], Place]]:
    """Yield each organisation's values, keyed by table column name, and the place where they were read."""
    if stream.is_json:
        for number, value in enumerate(_json_values(stream), start=1):
            yield value, Place(stream.name, number)
        return
    for row in read_table(stream, ("code", "name")):
        successors = [{"code": code, "since": row.cells.get("since")} for code in _split(row.cells.get("successor"))]
        yield {**row.cells, "successors": successors}, Place(stream.name, row.line)


def _json_values(stream: Stream) -> Iterator[dict[str, Any]]:
    text = stream.file.read(_MAX_FILE)
    try:
        values = [json.loads(text)]
    except ValueError:
        values = _json_lines(text, stream.name)
    for value in values:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and isinstance(part.get("Organisations"), list):
                yield from (_to_columns(summary) for summary in part["Organisations"] if isinstance(summary, dict))
            elif isinstance(part, dict):
                yield _to_columns(part.get("Organisation", part))


def _json_lines(text: bytes, name: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise InvalidInput("is not JSON", remedy=_AS_RECEIVED, place=Place(file=name)) from error


def _to_columns(record: dict[str, Any]) -> dict[str, Any]:
    """Return the values in an organisation's ORD record, keyed by table column name."""
    code = record.get("OrgId")
    links = [link for link in (record.get("Succs") or {}).get("Succ") or () if isinstance(link, dict)]
    roles = (record.get("Roles") or {}).get("Role") or ()
    primary = [role.get("id") for role in roles if isinstance(role, dict) and role.get("primaryRole")]
    return {
        "code": code.get("extension") if isinstance(code, dict) else code,
        "name": record.get("Name"),
        "status": record.get("Status"),
        "role": record.get("PrimaryRoleId") or (primary[0] if primary else ""),
        "successors": [_link(link) for link in links if link.get("Type") == "Successor"],
    }


def _link(link: dict[str, Any]) -> dict[str, Any]:
    target = ((link.get("Target") or {}).get("OrgId") or {}).get("extension")
    legal = [part.get("Start") for part in link.get("Date") or () if part.get("Type") == "Legal"]
    return {"code": target, "since": legal[0] if legal else None}


def _organisation(value: dict[str, Any], place: Place) -> OdsOrganisation:
    code, name = str(value.get("code") or "").strip().upper(), redact(clean(str(value.get("name") or "")))[0]
    if not code.isalnum() or len(code) > _MAX_CODE or not name:
        raise InvalidInput(
            "is not an organisation: its code or name is missing or invalid", remedy=_AS_RECEIVED, place=place
        )
    links = [link for link in value.get("successors") or () if str(link.get("code") or "").strip()]
    successors = {code: Succession(code, since) for code, since in map(_successor, links)}
    return OdsOrganisation(
        code,
        name,
        str(value.get("status") or "active").lower() == "active",
        str(value.get("role") or ""),
        tuple(sorted(successors.values(), key=attrgetter("code"))),
    )


def _successor(link: dict[str, Any]) -> tuple[str, date | None]:
    return str(link["code"]).strip().upper(), parse_day(link.get("since"))


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split("|") if part.strip()]
