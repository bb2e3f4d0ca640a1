"""Organisations from the Organisation Data Service (ODS), with links to their successors.

The reader accepts responses of the ORD interface, https://directory.spineservices.nhs.uk/ORD/2-0-0/organisations/CODE
(one organisation, a list of organisations, JSON Lines, or search summaries), and tables with the columns `code`,
`name` and, optionally, `status`, `role`, `successor` (several separated by "|") and `since`. It also accepts the
reports of the service (trusts, boards, practices, sites and others), which have no column names, by the position of
their 27 columns: https://digital.nhs.uk/services/organisation-data-service. It reads no addresses or telephone numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import redact
from matcher.foundations.reference_tables import nhs_organisations
from matcher.records.text import clean
from matcher.sources.formats.containers import Stream, members, opened
from matcher.sources.formats.items import Item
from matcher.sources.formats.limits import MAX_WHOLE_FILE
from matcher.sources.formats.tables import first_cells, read_table, read_unheaded
from matcher.sources.register_rows import ENDINGS as TABLE_ENDINGS
from matcher.sources.register_rows import parse_day

ENDINGS: Final = (*TABLE_ENDINGS, ".jsonl", ".jsonl.gz")

__all__ = ["ENDINGS", "OdsOrganisation", "Succession", "read"]

_INSIDE: Final = (".json", ".jsonl", ".csv", ".txt")
_MAX_CODE: Final = 10
_AS_RECEIVED: Final = "Use the ODS responses exactly as received"
# The positions of the dates in a report, and the least number of columns that it has.
_OPENED: Final = 10
_CLOSED: Final = 11
_LEAST_COLUMNS: Final = 12
_CODE: Final = re.compile(r"[A-Z0-9]{2,10}", re.I)
_REPORT_DAY: Final = re.compile(r"\d{8}")
_CODE_NAMES: Final = ("code", "organisation code", "org code", "ods code")
_NAME_NAMES: Final = ("name", "organisation name", "org name")
_CLOSE_NAMES: Final = ("close date", "closing date", "close")
# What the name of an organisation says about its kind.
_ROLES: Final = (
    ("integrated care board", "icb"),
    ("clinical commissioning group", "ccg"),
    (" ccg", "ccg"),
    ("nhs foundation trust", "trust"),
    ("nhs trust", "trust"),
)


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
    first = first_cells(stream)
    if _is_report(first):
        yield from _report_values(stream)
        return
    names = [cell.lower() for cell in first]
    code, name = (next((each for each in known if each in names), known[0]) for known in (_CODE_NAMES, _NAME_NAMES))
    for row in read_table(stream, (code, name)):
        row.cells.update({"code": row.cells.get(code, ""), "name": row.cells.get(name, "")})
        if closed := next((row.cells[each] for each in _CLOSE_NAMES if each in row.cells), ""):
            row.cells.setdefault("status", _status(closed))
        successors = [{"code": code, "since": row.cells.get("since")} for code in _split(row.cells.get("successor"))]
        yield {**row.cells, "successors": successors}, Place(stream.name, row.line)


def _is_report(cells: list[str]) -> bool:
    """Return whether the first `cells` of a table are an organisation, not column names."""
    return (
        len(cells) >= _LEAST_COLUMNS
        and _CODE.fullmatch(cells[0]) is not None
        and not {cell.lower() for cell in cells[:2]} & {*_CODE_NAMES, *_NAME_NAMES}
        and all(not cell or _REPORT_DAY.fullmatch(cell) for cell in cells[_OPENED : _CLOSED + 1])
    )


def _report_values(stream: Stream) -> Iterator[tuple[dict[str, Any], Place]]:
    """Yield the values of each row of a report. Organisations of one kind are told by their names."""
    for line, present in read_unheaded(stream):
        cells = [*present, *[""] * (_LEAST_COLUMNS - len(present))]
        code, name = cells[0].upper(), cells[1]
        known, role = nhs_organisations().get(code, (name, ""))
        yield (
            {
                "code": code,
                "name": known if known.casefold() == name.casefold() else name,
                "status": _status(cells[_CLOSED]),
                "role": role or next((kind for words, kind in _ROLES if words in name.casefold()), ""),
            },
            Place(stream.name, line),
        )


def _status(closed: str) -> str:
    """Return "inactive" if the date `closed`, such as 20220630, is in the past."""
    day = parse_day(f"{closed[:4]}-{closed[4:6]}-{closed[6:]}" if _REPORT_DAY.fullmatch(closed) else closed)
    return "inactive" if day and day <= date.today() else "active"


def _json_values(stream: Stream) -> Iterator[dict[str, Any]]:
    text = stream.file.read(MAX_WHOLE_FILE + 1)
    if len(text) > MAX_WHOLE_FILE:
        problem = f"is larger than {MAX_WHOLE_FILE:,} bytes"
        raise InvalidInput(problem, remedy="Split the responses into several files", place=Place(file=stream.name))
    try:
        values = [json.loads(text)]
    except (ValueError, RecursionError):
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
    except (ValueError, RecursionError) as error:
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
