"""Dates: reads what people write in a cell for a date: a day, a month, a quarter or a year."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

_DAY_FORMS: Final = (
    "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y", "%d.%m.%Y", "%d.%m.%y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y",
    "%d-%b-%y", "%d %B %y", "%d %b %y", "%d-%B-%Y", "%B %d %Y", "%b %d %Y", "%Y/%m/%d", "%Y%m%d",
)  # fmt: skip
_MONTH_FORMS: Final = (
    "%b-%y",
    "%b %y",
    "%B %Y",
    "%b %Y",
    "%b-%Y",
    "%B-%Y",
    "%B %y",
    "%m/%Y",
    "%Y-%m",
    "%m-%Y",
    "%B-%y",
)
_QUARTER: Final = re.compile(r"(?:q|quarter )([1-4])[ ,/]*(?:fy ?)?(\d{4}|\d{2})\s*[/-]\s*(\d{4}|\d{2})")
_YEAR: Final = re.compile(r"(?:in |during )?(20\d\d)")
# The days that a workbook counts from, and the range of numbers that are likely to be days: the years 2000 to 2099.
_EPOCH: Final = date(1899, 12, 30)
_SERIAL: Final = (36_526, 73_050)
_MONTHS_A_QUARTER: Final = 3
_FINANCIAL_YEAR_STARTS: Final = 4  # in April


@dataclass(frozen=True)
class CellDay:
    """A day as text, such as "2027-04-01". `note` says how the text was understood if it does not name a day, or ""."""

    iso: str
    note: str = ""


def read_day(text: str, *, end: bool = False) -> CellDay | None:
    """Return the day that `text` states, or None if it states none.

    A month, a quarter of a financial year or a year counts as its first day or, if `end` is true, as its last.
    """
    if day := _day(text):
        return CellDay(day.isoformat())
    if re.fullmatch(r"\d{5}(?:\.0)?", text) and _SERIAL[0] <= int(float(text)) <= _SERIAL[1]:
        day = _EPOCH + timedelta(days=int(float(text)))
        return CellDay(day.isoformat(), f"taken as {day.isoformat()}, counted in days as in a workbook")
    if (period := _period(text)) is None:
        return None
    first, last = period
    day = last if end else first
    return CellDay(day.isoformat(), f"taken as {day.isoformat()}, the {'last' if end else 'first'} day")


def _day(text: str) -> date | None:
    if re.match(r"\d{4}-\d{2}-\d{2}(?![\d-])", text):
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            return None
    dated = text.split(",", maxsplit=1)[-1].strip() if re.match(r"[A-Za-z]+day,", text) else text
    day = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", dated).replace(",", "").strip()
    day = re.sub(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)? ", "", day, flags=re.I)
    day = re.sub(
        r"(?<![ T])[ T]+(?:at )?\d{1,2}(?::\d{2}){1,2} ?(?:am|pm|noon)?$|(?<! ) +\d{1,2} ?(?:am|pm|noon)$",
        "",
        day,
        flags=re.I,
    )
    return next((parsed for form in _DAY_FORMS if (parsed := _parsed(day, form))), None)


def _period(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of the month, quarter or year that `text` names, or None."""
    plain = re.sub(r"\bsept\b", "sep", text.casefold().strip())
    if quarter := _QUARTER.fullmatch(plain):
        starts, ends = (int(year) % 100 for year in (quarter[2], quarter[3]))
        if ends != (starts + 1) % 100:
            return None
        months = _FINANCIAL_YEAR_STARTS - 1 + _MONTHS_A_QUARTER * (int(quarter[1]) - 1)
        first = date(2000 + starts + months // 12, months % 12 + 1, 1)
        return first, _end_of_month(date(first.year, first.month + _MONTHS_A_QUARTER - 1, 1))
    if year := _YEAR.fullmatch(plain):
        return date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)
    month = next((parsed for form in _MONTH_FORMS if (parsed := _parsed(plain, form))), None)
    return (month, _end_of_month(month)) if month else None


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _parsed(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()
    except ValueError:
        return None
