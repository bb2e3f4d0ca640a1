"""Organisations of the Organisation Data Service (ODS), with the links to those that succeeded them.

Read are the answers of the ORD interface, https://directory.spineservices.nhs.uk/ORD/2-0-0/organisations/CODE (one
organisation, a list of them, JSON Lines, or the summaries of a search), and tables with column names: `code`,
`name` and, where known, `status`, `role`, `successor` (several parted by "|") and `since`. The headerless CSV
files of old are not read: what a column of theirs means cannot be told from the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.records.text import clean
from matcher.sources.formats.containers import Stream, members, opened
from matcher.sources.formats.tables import read_table
from matcher.sources.register_rows import ENDINGS as TABLES
from matcher.sources.register_rows import day

ENDINGS: Final = (*TABLES, ".jsonl", ".jsonl.gz")

__all__ = ["ENDINGS", "OdsOrganisation", "Succession", "read"]

_INSIDE: Final = (".json", ".jsonl", ".csv", ".txt")
_MAX_FILE: Final = 512 * 1_048_576


@dataclass(frozen=True)
class Succession:
    """Who took over from an organisation, and since when (None where that is not known)."""

    code: str
    since: date | None = None


@dataclass(frozen=True)
class OdsOrganisation:
    """An organisation by its ODS code; `role` is the code of its primary role, such as RO261 or "icb"."""

    code: str
    name: str
    active: bool = True
    role: str = ""
    successors: tuple[Succession, ...] = ()


def read(path: Path) -> Iterator[tuple[OdsOrganisation | InvalidInput, int]]:
    """Yield the organisations of a file, or why one cannot be used, each with the bytes read so far.

    Raises:
        InvalidInput: the file as a whole cannot be used.

    """
    for member in members(path, _INSIDE):
        with opened(path, member) as stream:
            for value, place in _values(stream):
                try:
                    yield _organisation(value, place), stream.position()
                except InvalidInput as problem:
                    yield problem, stream.position()


def _values(stream: Stream) -> Iterator[tuple[dict[str, Any], Place]]:
    if stream.file.peek(1)[:1] in (b"[", b"{"):
        for number, value in enumerate(_decoded(stream), start=1):
            yield value, Place(stream.name, number)
        return
    for row in read_table(stream, ("code", "name")):
        successors = [{"code": code, "since": row.cells.get("since")} for code in _split(row.cells.get("successor"))]
        yield {**row.cells, "successors": successors}, Place(stream.name, row.line)


def _decoded(stream: Stream) -> Iterator[dict[str, Any]]:
    text = stream.file.read(_MAX_FILE)
    try:
        values = [json.loads(text)]
    except ValueError:
        values = _lines(text, stream.name)
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and isinstance(one.get("Organisations"), list):
                yield from (_plain(part) for part in one["Organisations"] if isinstance(part, dict))
            elif isinstance(one, dict):
                yield _plain(one.get("Organisation", one))


def _lines(text: bytes, name: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise InvalidInput(
            "is not JSON", remedy="Give the answers of the ODS as they came", place=Place(file=name)
        ) from error


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Return an organisation of the ORD interface in the words of our table."""
    code = given.get("OrgId")
    successions = (given.get("Succs") or {}).get("Succ") or ()
    roles = (given.get("Roles") or {}).get("Role") or ()
    primary = [role.get("id") for role in roles if isinstance(role, dict) and role.get("primaryRole")]
    return {
        "code": code.get("extension") if isinstance(code, dict) else code,
        "name": given.get("Name"),
        "status": given.get("Status"),
        "role": given.get("PrimaryRoleId") or (primary[0] if primary else ""),
        "successors": [_link(one) for one in successions if isinstance(one, dict) and one.get("Type") == "Successor"],
    }


def _link(given: dict[str, Any]) -> dict[str, Any]:
    target = ((given.get("Target") or {}).get("OrgId") or {}).get("extension")
    legal = [part.get("Start") for part in given.get("Date") or () if part.get("Type") == "Legal"]
    return {"code": target, "since": legal[0] if legal else None}


def _organisation(value: dict[str, Any], place: Place) -> OdsOrganisation:
    code, name = str(value.get("code") or "").strip().upper(), redact(clean(str(value.get("name") or "")))[0]
    if not code.isalnum() or len(code) > 10 or not name:
        raise InvalidInput(
            "is no organisation: its code or its name is missing or wrong",
            remedy="Give the answers of the ODS as they came",
            place=place,
        )
    links = [link for link in value.get("successors") or () if str(link.get("code") or "").strip()]
    return OdsOrganisation(
        code,
        name,
        str(value.get("status") or "active").lower() == "active",
        str(value.get("role") or ""),
        tuple(sorted({code: Succession(code, since) for code, since in map(_linked, links)}.values(), key=_by_code)),
    )


def _linked(link: dict[str, Any]) -> tuple[str, date | None]:
    return str(link["code"]).strip().upper(), day(link.get("since"))


def _by_code(link: Succession) -> str:
    return link.code


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split("|") if part.strip()]
