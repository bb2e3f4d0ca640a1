"""Conversion: turns what people write in table cells into need values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.spreadsheet_cells import unescape_formula
from matcher.records.fields import MAX_TITLE, REMEDIES
from matcher.records.text import clean

# The content of a cell. An empty cell is None.
Cell = str | int | float | bool | date | datetime | time | None

_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_SCALES: Final = {"": 1, "k": 1_000, "m": 1_000_000, "million": 1_000_000, "bn": 10**9, "billion": 10**9}
_AMOUNT: Final = re.compile(
    r"(?:£|gbp)? ?(\d+(?:\.\d+)?|\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?) ?(k|m|million|bn|billion)? ?(?:gbp|pounds)?",
)
_CPV: Final = re.compile(r"(?<!\d)(\d{8})(?:-\d)?(?!\d)")
_DATE_FORMS: Final = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y")


def need_content(cells: Mapping[str, Cell], row: int) -> dict[str, Any]:
    """Return the fields of a need, ready for `parse`. `cells` maps field names to cells. Empty cells are left out.

    If the id is empty, it is set to "row-" followed by the number `row`. If the title is empty, the start of the
    description becomes the title.

    Raises:
        InvalidInput: a cell does not fit its field.

    """
    texts = {name: text for name, cell in cells.items() if (text := _cell_text(name, cell)) != ""}
    content: dict[str, Any] = {name: _CONVERSIONS.get(name, _unchanged)(name, text) for name, text in texts.items()}
    content.setdefault("id", f"row-{row}")
    if "title" not in content and (description := content.pop("description", "")):
        content |= _title_from(description)
    buyer = {"name": content.pop("buyer", None), "ods_code": content.pop("ods_code", None)}
    if any(buyer.values()):
        content["buyer"] = {k: v for k, v in {**buyer, "name": buyer["name"] or buyer["ods_code"]}.items() if v}
    required = {name: content.pop(name) for name in ("accreditations", "sectors", "regions") if name in content}
    return {**content, "requirements": required} if required else content


def _cell_text(name: str, cell: Cell) -> str:
    """Return the content of `cell` as text, or "" if the cell is empty."""
    if isinstance(cell, datetime):
        text = cell.date().isoformat()
    elif isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        text = str(int(cell))
    else:
        text = "" if cell is None else str(cell)
    text = unescape_formula(text.strip())
    if text in _ERRORS:
        raise _problem(name, f"holds the error {text}", "Correct the formula in the table, or clear the cell")
    return text


def _title_from(description: str) -> dict[str, str]:
    words = clean(description)
    title = words if len(words) <= MAX_TITLE else words[:MAX_TITLE].rsplit(" ", 1)[0]
    return {"title": title, "description": words[len(title) :].strip()}


def _unchanged(_: str, text: str) -> str:
    return text


def _id(_: str, text: str) -> str:
    return re.sub(r"\s+", "-", text)


def _list(_: str, text: str) -> list[str]:
    return [part.strip(" -•*\t") for part in re.split(r"[;|\n]", text) if part.strip(" -•*\t")]


def _words(name: str, text: str) -> list[str]:
    return [_word(name, part) for part in re.split(r"[;|,\n]", text) if part.strip()]


def _word(_: str, text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _cpv(name: str, text: str) -> list[str]:
    # A 7-digit code has lost its leading zero in a program that read the code as a number.
    codes = [f"0{text}"] if re.fullmatch(r"\d{7}", text) else _CPV.findall(text)
    if not codes:
        raise _problem(name, f"{text[:20]!r} is not a CPV code of 8 digits", REMEDIES["cpv"])
    return codes


def _amount(name: str, text: str) -> float:
    amount = _AMOUNT.fullmatch(" ".join(text.lower().split()))
    if not amount:
        problem = f"{text[:20]!r} is not an amount in pounds"
        raise _problem(name, problem, "Write a number such as 250000, £1,200,000 or 1.2m, or clear the cell")
    return float(re.sub(r"[, ]", "", amount[1])) * _SCALES[amount[2] or ""]


def _day(name: str, text: str) -> str:
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        return text[:10] + ("T" + text[11:] if len(text) > 10 else "")
    dated = text.rsplit(",", maxsplit=1)[-1].strip() if text[:1].isalpha() else text  # "Tuesday, 3 March 2026"
    day = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", dated)
    for form in _DATE_FORMS:
        for candidate in (day, day.rsplit(" ", 1)[0]):  # with or without a time at the end
            try:
                return datetime.strptime(candidate, form).date().isoformat()
            except ValueError:
                continue
    raise _problem(name, f"{text[:20]!r} is not a date", "Write dates like 2026-03-31 or 31/03/2026")


def _problem(field: str, problem: str, remedy: str) -> InvalidInput:
    return InvalidInput(problem, remedy=remedy, place=Place(field=field))


_CONVERSIONS: Final[dict[str, Callable[[str, str], Any]]] = {
    "id": _id,
    "outcomes": _list,
    "accreditations": _list,
    "regions": _list,
    "sectors": _words,
    "stage": _word,
    "cpv": _cpv,
    "value": _amount,
    "published": _day,
    "closes": _day,
}
