"""Conversion: turns what people write in table cells into the fields of a need.

A cell that cannot be read never loses the need: its field is left out, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from matcher.foundations.errors import InvalidInput
from matcher.foundations.spreadsheet_cells import unescape_formula
from matcher.programme.needs.amounts import is_pounds, other_currency, read_amount, unit_of_heading
from matcher.programme.needs.dates import read_day
from matcher.programme.needs.stages import is_withdrawn, stage_named
from matcher.records import Need, Region, parse
from matcher.records.areas import EVERYWHERE, is_national, names_a_town, names_of, regions_of_area
from matcher.records.fields import MAX_TITLE
from matcher.records.text import clean, is_wordless

# The content of a cell. An empty cell is None.
Cell = str | int | float | bool | date | datetime | time | None

_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_CPV: Final = re.compile(r"(?<!\d)(\d{8})(?:-\d)?(?!\d)")
# Short forms of regions. They are read in a table alone, because in a notice "SE" may be Sweden.
_SHORT_REGIONS: Final = {
    "ne": {Region.NORTH_EAST},
    "nw": {Region.NORTH_WEST},
    "yh": {Region.YORKSHIRE_AND_THE_HUMBER},
    "em": {Region.EAST_MIDLANDS},
    "wm": {Region.WEST_MIDLANDS},
    "ee": {Region.EAST_OF_ENGLAND},
    "eoe": {Region.EAST_OF_ENGLAND},
    "ldn": {Region.LONDON},
    "se": {Region.SOUTH_EAST},
    "sw": {Region.SOUTH_WEST},
}
_YES: Final = frozenset({"yes", "y", "true", "1"})
_REQUIREMENTS: Final = ("accreditations", "sectors", "regions")
# The longest part of a cell that a warning quotes.
_QUOTED: Final = 60


@dataclass(frozen=True)
class CellWarning:
    """A cell that was not read as it stands: its field, the start of its text, and what was done."""

    field: str
    text: str
    problem: str


@dataclass
class NeedCells:
    """What the cells of a row say about a need: the fields, the warnings, and why the row is passed over, if it is."""

    content: dict[str, Any] = field(default_factory=dict)
    warnings: list[CellWarning] = field(default_factory=list)
    passed_over: str | None = None

    def warn(self, name: str, text: object, problem: str) -> None:
        """Add a warning about the cell of field `name`."""
        self.warnings.append(CellWarning(name, str(text)[:_QUOTED], problem))

    def to_need(self, row: int) -> Need:
        """Return the need. Parts that are not valid are left out, with a warning.

        Raises:
            InvalidInput: the title is not valid.

        """
        while True:
            try:
                return parse(Need, self.content)
            except InvalidInput as problem:
                path = (problem.place.field or "").split(".")
                if path[0] not in self.content or path[0] == "title":
                    raise
                removed = _remove(self.content, path)
                self.warn(path[0] if path[0] != "requirements" else path[1], removed, f"left out: {problem.problem}")
                if path[0] == "id":
                    self.content["id"] = f"row-{row}"


def read_cells(cells: Mapping[str, Cell], row: int, headings: Mapping[str, str] | None = None) -> NeedCells:
    """Read the cells of a row, by field. `headings` are the headings of their columns, which may state units.

    If the id is empty, it is "row-" followed by the number `row`. If the title is empty, the start of the description
    becomes the title.
    """
    read = NeedCells()
    texts = {name: text for name, cell in cells.items() if (text := _cell_text(read, name, cell))}
    if is_withdrawn(texts.get("status", "")):
        read.passed_over = f"its status is “{texts['status'][:_QUOTED]}”"
        return read
    content = read.content
    for name, text in texts.items():
        if (value := _CONVERSIONS.get(name, _unchanged)(read, name, text)) is not None:
            content[name] = value
    content.setdefault("id", f"row-{row}")
    _read_stage(read, texts)
    _read_value(read, texts, headings or {})
    _read_place(read, texts)
    _read_title(read)
    buyer = {"name": content.pop("buyer", None), "ods_code": content.pop("ods_code", None)}
    if any(buyer.values()):
        content["buyer"] = {k: v for k, v in {**buyer, "name": buyer["name"] or buyer["ods_code"]}.items() if v}
    if required := {name: content.pop(name) for name in _REQUIREMENTS if name in content}:
        content["requirements"] = required
    return read


def _cell_text(read: NeedCells, name: str, cell: Cell) -> str:
    """Return the content of `cell` as text, or "" if the cell is empty."""
    if isinstance(cell, datetime):
        text = cell.date().isoformat()
    elif isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        text = str(int(cell))
    else:
        text = "" if cell is None else str(cell)
    text = unescape_formula(text.strip())
    if text in _ERRORS:
        read.warn(name, text, "left out: it is the error of a formula")
        return ""
    return text


def _read_title(read: NeedCells) -> None:
    """Take a missing title from the description, and move what does not fit in the title to the description."""
    title, description = read.content.pop("title", ""), read.content.get("description", "")
    words = clean(title)
    if is_wordless(words):
        words, description = clean(description), ""
    if is_wordless(words):
        return
    short = words if len(words) <= MAX_TITLE else words[:MAX_TITLE].rsplit(" ", 1)[0]
    read.content["title"] = short
    read.content["description"] = "\n".join(part for part in (words[len(short) :].strip(), description) if part)


def _read_stage(read: NeedCells, texts: Mapping[str, str]) -> None:
    status, notice_type = (read.content.pop(name, None) for name in ("status", "notice_type"))
    for name, text in (("stage", texts.get("stage")), ("status", status), ("notice_type", notice_type)):
        stage = stage_named(text or "")
        if text and not stage and name == "stage":
            read.warn("stage", text, "left out: it is not a known stage")
        if stage:
            read.content["stage"] = stage.value
            return
    read.content.pop("stage", None)


def _read_value(read: NeedCells, texts: Mapping[str, str], headings: Mapping[str, str]) -> None:
    """Read the value: what was awarded, else the upper end of a range. Another currency than pounds is left out."""
    for name in ("value", "value_low", "awarded_value", "currency"):
        read.content.pop(name, None)
    currency = texts.get("currency", "")
    amounts = {
        name: pounds
        for name in ("value", "value_low", "awarded_value")
        if name in texts and (pounds := _pounds(read, name, texts[name], currency, headings.get(name, ""))) is not None
    }
    order = ("awarded_value", "value") if read.content.get("stage") == "award" else ("value", "awarded_value")
    stated = [name for name in (*order, "value_low") if name in amounts]
    chosen = next((name for name in stated if amounts[name]), None) or next(iter(stated), None)
    if chosen is None or (not amounts[chosen] and len(stated) > 1):
        return
    read.content["value"] = amounts[chosen]
    if chosen == "value" and 0 < amounts.get("value_low", 0) < amounts["value"]:
        ends = f"{texts['value_low']} to {texts['value']}"
        read.warn("value", ends, f"taken as {amounts['value']:,.0f}, the upper end")


def _pounds(read: NeedCells, name: str, text: str, currency: str, heading: str) -> float | None:
    foreign = other_currency(text) or (None if is_pounds(currency) else currency) or other_currency(heading)
    if foreign:
        read.warn(name, text, f"left out: it is in {foreign[:_QUOTED]}, not in pounds")
        return None
    if (amount := read_amount(text, unit_of_heading(heading))) is None:
        read.warn(name, text, "left out: it is not an amount in pounds")
        return None
    if amount.note:
        read.warn(name, text, amount.note)
    return amount.pounds


def _read_place(read: NeedCells, texts: Mapping[str, str]) -> None:
    nationwide = str(read.content.pop("nationwide", "")).casefold() in _YES
    region = texts.get("region", "")
    regions = _SHORT_REGIONS.get(re.sub(r"[^a-z]", "", region.casefold())) or regions_of_area(region)
    if region and not regions:
        read.warn("region", region, "kept as text: it is not a known place")
    if regions and not names_a_town(region):  # a code, or a region of NHS England
        read.content["region"] = names_of(regions)
    if not region and nationwide:
        read.content["region"] = names_of(EVERYWHERE)


def _unchanged(_: NeedCells, __: str, text: str) -> str:
    return text


def _id(_: NeedCells, __: str, text: str) -> str:
    return re.sub(r"\s+", "-", text)


def _list(_: NeedCells, __: str, text: str) -> list[str]:
    return [part.strip(" -•*\t") for part in re.split(r"[;|\n]", text) if part.strip(" -•*\t")]


def _regions(read: NeedCells, name: str, text: str) -> list[str]:
    """Return the parts of a list of regions. The whole country restricts nothing, so it is left out."""
    parts = [part for listed in _list(read, name, text) for part in listed.split(",")]
    parts = parts if not regions_of_area(text) or len(parts) > 1 else [text]
    return [part.strip() for part in parts if part.strip() and not is_national(regions_of_area(part))]


def _words(_: NeedCells, __: str, text: str) -> list[str]:
    return [re.sub(r"[\s-]+", "_", part.strip().lower()) for part in re.split(r"[;|,\n]", text) if part.strip()]


def _cpv(read: NeedCells, name: str, text: str) -> list[str] | None:
    # A 7-digit code has lost its leading zero in a program that read the code as a number.
    codes = [f"0{text}"] if re.fullmatch(r"\d{7}", text) else _CPV.findall(text)
    if not codes:
        read.warn(name, text, "left out: it is not a CPV code of 8 digits")
    return codes or None


def _day(read: NeedCells, name: str, text: str) -> str | None:
    day = read_day(text, end=name == "closes")
    if day is None or day.note:
        read.warn(name, text, day.note if day else "left out: it is not a date")
    return day.iso if day else None


def _remove(content: dict[str, Any], path: list[str]) -> Any:
    """Remove the part of `content` at `path`, or the record that holds it if the part is required. Return the part."""
    if path[0] == "buyer" and path[-1] == "name":
        path = path[:1]
    *parents, last = path
    target: Any = content
    for part in parents:
        target = target[int(part) if isinstance(target, list) else part]
    return target.pop(int(last) if isinstance(target, list) else last)


_CONVERSIONS: Final[dict[str, Callable[[NeedCells, str, str], Any]]] = {
    "id": _id,
    "outcomes": _list,
    "accreditations": _list,
    "regions": _regions,
    "sectors": _words,
    "cpv": _cpv,
    "published": _day,
    "closes": _day,
    "starts": _day,
}
