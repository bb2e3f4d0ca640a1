"""Export of the entire ledger as JSON Lines or CSV, including the complete result of every saved search."""

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
    """The file format of an export."""

    JSONL = "jsonl"
    CSV = "csv"


_COLUMNS: Final = (
    "row", "number", "decision", "event", "recorded_at", "by", "need_id", "need_revision", "model", "sequence", "on",
    "profile_id", "reason", "rank", "shown", "revision", "score", "probability", "contributions", "excluded_by",
    "previous", "hash",
)  # fmt: skip


def export_lines(ledger: Ledger, format: Format) -> Iterator[str]:
    """Yield the lines of an export, including line endings. Only one search result is in memory at a time.

    In JSON Lines, each line holds one entry. The `hash` in a line is the SHA-256 of the `entry` in the same line,
    written as canonical JSON (sorted keys, no spaces), unless the line has
    `"redacted": true`. In CSV, each row is an entry, or a candidate or
    excluded profile of the search entry most recently listed above it.
    """
    return _json_lines(ledger) if format is Format.JSONL else _csv_lines(ledger)


def _json_lines(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.entries():
        line: dict[str, Any] = {"hash": entry.hash, "entry": json.loads(entry.text)}
        if entry.redacted:
            line["redacted"] = True
        if entry.content.search is not None:
            result = ledger.result_of(entry)
            line |= {"candidates": [*result.candidates()], "excluded": result.excluded_by()}
            line["vectors"] = result.vectors.astype(float).tolist()
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _csv_lines(ledger: Ledger) -> Iterator[str]:
    yield _line(dict(zip(_COLUMNS, _COLUMNS, strict=True)))
    for entry in ledger.entries():
        yield _line({"row": "entry", **_cells(entry)})
        if entry.content.search is not None:
            yield from map(_line, _result_rows(ledger, entry))


def _cells(entry: Entry) -> dict[str, Any]:
    content = entry.content
    cells = {
        "number": content.number,
        "decision": content.decision,
        "event": content.event.value,
        "recorded_at": content.recorded_at.isoformat(),
        "by": content.by,
        "profile_id": content.profile,
        "reason": content.reason,
        "previous": content.previous,
        "hash": entry.hash,
    }
    if (search := content.search) is not None:
        cells |= {
            "need_id": search.need.id,
            "need_revision": search.need.sequence,
            "model": f"{search.model.name}-{search.model.version}",
            "sequence": search.sequence,
            "on": search.on.isoformat(),
        }
    return cells


def _result_rows(ledger: Ledger, entry: Entry) -> Iterator[dict[str, Any]]:
    result, content = ledger.result_of(entry), entry.content
    top = content.search.top if content.search else 0
    common = {"number": content.number, "decision": content.decision}
    for candidate in result.candidates():
        parts = json.dumps(candidate.pop("contributions"))
        shown = "yes" if candidate["rank"] <= top else "no"
        yield {"row": "candidate", **common, **candidate, "contributions": parts, "shown": shown}
    for profile, filters in result.filters_by_profile():
        yield {"row": "excluded", **common, "profile_id": profile, "excluded_by": " ".join(filters)}


def _line(cells: dict[str, Any]) -> str:
    with io.StringIO(newline="") as file:
        csv.writer(file).writerow([escape_formula(cells.get(column)) for column in _COLUMNS])
        return file.getvalue()
