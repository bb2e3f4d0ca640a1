"""Export: the whole ledger as JSON Lines or CSV, an entry at a time, with every kept search spelled out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from matcher.foundations.spreadsheet_cells import escape_formula
from matcher.ledger.entry import Entry
from matcher.ledger.ledger import Ledger


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


_COLUMNS: Final = (
    "row", "number", "decision", "event", "recorded_at", "by", "need_id", "need_revision", "model", "sequence", "on",
    "profile_id", "reason", "rank", "shown", "revision", "score", "probability", "contributions", "excluded_by",
    "previous", "hash",
)  # fmt: skip


def exported(ledger: Ledger, format: Format) -> Iterator[str]:
    """Yield the lines of an export, each with its line end. Memory is that of one entry.

    In JSON Lines a line is an entry; its `entry` as canonical JSON (keys sorted, no blanks) hashes to its `hash`.
    In CSV a row is an entry, or a candidate or excluded profile of the search before it.
    """
    return _json_lines(ledger) if format is Format.JSONL else _csv_lines(ledger)


def _json_lines(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.entries():
        line: dict[str, Any] = {"hash": entry.hash, "entry": json.loads(entry.text)}
        if entry.statement.search is not None:
            answer = ledger.answer_of(entry)
            line |= {"candidates": [*answer.candidates()], "excluded": answer.excluded_by()}
            line["vectors"] = answer.vectors.astype(float).tolist()
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _csv_lines(ledger: Ledger) -> Iterator[str]:
    yield _line(dict(zip(_COLUMNS, _COLUMNS, strict=True)))
    for entry in ledger.entries():
        yield _line({"row": "entry", **_cells(entry)})
        if entry.statement.search is not None:
            yield from map(_line, _rows_of(ledger, entry))


def _cells(entry: Entry) -> dict[str, Any]:
    said = entry.statement
    cells = {
        "number": said.number,
        "decision": said.decision,
        "event": said.event.value,
        "recorded_at": said.recorded_at.isoformat(),
        "by": said.by,
        "profile_id": said.profile,
        "reason": said.reason,
        "previous": said.previous,
        "hash": entry.hash,
    }
    if (search := said.search) is not None:
        cells |= {
            "need_id": search.need.id,
            "need_revision": search.need.sequence,
            "model": f"{search.model.name}-{search.model.version}",
            "sequence": search.sequence,
            "on": search.on.isoformat(),
        }
    return cells


def _rows_of(ledger: Ledger, entry: Entry) -> Iterator[dict[str, Any]]:
    answer, said = ledger.answer_of(entry), entry.statement
    shown = said.search.top if said.search else 0
    common = {"number": said.number, "decision": said.decision}
    for candidate in answer.candidates():
        parts = json.dumps(candidate.pop("contributions"))
        marked = "yes" if candidate["rank"] <= shown else "no"
        yield {"row": "candidate", **common, **candidate, "contributions": parts, "shown": marked}
    for profile, filters in answer.excluding():
        yield {"row": "excluded", **common, "profile_id": profile, "excluded_by": " ".join(filters)}


def _line(cells: dict[str, Any]) -> str:
    with io.StringIO(newline="") as file:
        csv.writer(file).writerow([escape_formula(cells.get(column)) for column in _COLUMNS])
        return file.getvalue()
