"""Composition: build one profile from all the statements about a supplier, regardless of the order they arrive in.

Sources have an order of precedence (see the catalogue of sources): the supplier first, then registers, then notices.
Within a source, the latest statement comes first. Each simple field, and each kind of identifier, is taken from the
first statement that includes it. The sector follows from the numbers and the name, else from what a source states. If
the supplier states its capabilities, those from other sources are ignored. The track record is collected from all
statements, with one piece per award.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from matcher.foundations.register_numbers import number_keys, register_of
from matcher.records import Identifiers, Profile, Sector, parse
from matcher.records.fields import MAX_PARTS
from matcher.records.supplier_kind import CIO_NUMBER, kind_from
from matcher.records.vocabulary import SIZE_OF_OLD_SECTOR
from matcher.sources.catalogue import COMPANIES_HOUSE, PRECEDENCE, REGISTERS
from matcher.sources.statement import SUPPLIER

_SCALARS: Final = ("name", "size", "summary", "postcode", "turnover", "employees", "website")


@dataclass(frozen=True)
class StoredStatement:
    """A stored statement: its source, record number, fields and date, and where it was read."""

    source: str
    record: str
    fields: Mapping[str, Any]
    file: str
    place: str
    stated: date | None
    ended: bool = False


@dataclass(frozen=True)
class Composition:
    """A profile, or None if the supplier has none, and the statement that each part comes from, by dotted path."""

    profile: Profile | None
    parts: tuple[tuple[str, StoredStatement], ...] = ()

    @property
    def sources(self) -> list[str]:
        """The sources of the profile's parts, in order of precedence."""
        return sorted({statement.source for _, statement in self.parts}, key=PRECEDENCE.__getitem__)


def compose(profile_id: str, statements: Sequence[StoredStatement]) -> Composition:
    """Compose a profile with the id `profile_id` from `statements`."""
    ordered = sorted(map(_with_size_apart, statements), key=_rank)
    current = [statement for statement in ordered if not statement.ended]
    if _is_withdrawn(ordered, current):
        return Composition(None)
    scalars, identifiers = list(_scalars(current)), list(_identifiers(current))
    parts = [
        *scalars,
        *_sector(current, scalars, identifiers),
        *identifiers,
        *_coverage(current),
        *_capabilities(current),
        *_accreditations(current),
        *_track_record(current),
    ]
    fields: dict[str, Any] = {"id": profile_id}
    for path, value, _ in parts:
        _set(fields, path, value)
    return Composition(parse(Profile, fields), tuple((path, statement) for path, _, statement in parts))


def _with_size_apart(statement: StoredStatement) -> StoredStatement:
    """Return `statement` with an older value of the sector, such as "large", moved to the size."""
    size = SIZE_OF_OLD_SECTOR.get(statement.fields.get("sector", ""))
    if size is None:
        return statement
    fields = {name: value for name, value in statement.fields.items() if name != "sector"}
    return replace(statement, fields={"size": size.value, **fields})


def _rank(statement: StoredStatement) -> tuple[int, int, str]:
    return PRECEDENCE[statement.source], -(statement.stated.toordinal() if statement.stated else 0), statement.record


def _is_withdrawn(ordered: list[StoredStatement], current: list[StoredStatement]) -> bool:
    """Return whether the supplier should have no profile.

    This is so if no current statement names the supplier, or if a source says that the supplier no longer exists and
    there is no current statement from a register or from the supplier. Companies House lists charitable incorporated
    organisations as the charity registers report them, so its statement does not count if such a register has ended.
    """
    is_named = any("name" in statement.fields for statement in current)
    has_ended = len(ordered) > len(current)
    is_confirmed = any(
        statement.source == SUPPLIER or (statement.source in REGISTERS and not _is_second_hand(statement))
        for statement in current
    )
    return not is_named or (has_ended and not is_confirmed)


def _is_second_hand(statement: StoredStatement) -> bool:
    company = (statement.fields.get("identifiers") or {}).get("company", "")
    return statement.source == COMPANIES_HOUSE and CIO_NUMBER.match(company) is not None


# The path and value of one part of a profile, and the statement that the value comes from.
Part = tuple[str, Any, StoredStatement]


def _scalars(current: list[StoredStatement]) -> Iterator[Part]:
    for name in _SCALARS:
        if statement := next((statement for statement in current if name in statement.fields), None):
            yield name, statement.fields[name], statement


def _sector(current: list[StoredStatement], scalars: list[Part], identifiers: list[Part]) -> Iterator[Part]:
    """Yield the kind of the supplier, with the statement that decides it."""
    stating = next((statement for statement in current if "sector" in statement.fields), None)
    stated = Sector(stating.fields["sector"]) if stating else Sector.UNKNOWN
    by_path = {path: (value, statement) for path, value, statement in (*scalars, *identifiers)}
    numbers = {path.removeprefix("identifiers."): value for path, value, _ in identifiers if path.count(".") == 1}
    kind = kind_from(by_path["name"][0], parse(Identifiers, numbers), stated)
    if stating and kind is stated:
        yield "sector", kind.value, stating
    elif kind is not Sector.UNKNOWN:
        deciding = next(path for path in ("identifiers.charity", "identifiers.company", "name") if path in by_path)
        yield "sector", kind.value, by_path[deciding][1]


def _identifiers(current: list[StoredStatement]) -> Iterator[Part]:
    by_register: dict[str, tuple[str, StoredStatement]] = {}
    for statement in current:
        for key in number_keys(statement.fields.get("identifiers") or {}):
            by_register.setdefault(register_of(key), (key.partition(":")[2], statement))
    kinds: set[str] = set()
    further: list[tuple[str, StoredStatement]] = []
    for register, (number, statement) in sorted(by_register.items(), key=lambda item: item[0]):
        if (kind := register.split()[0]) in kinds:  # a charity in two countries; the one of England and Wales is first
            further.append((number, statement))
        else:
            kinds.add(kind)
            yield f"identifiers.{kind}", number, statement
    for place, (number, statement) in enumerate(further):
        yield f"identifiers.further_charity_numbers.{place}", number, statement


def _coverage(current: list[StoredStatement]) -> Iterator[Part]:
    """Yield the coverage from the first source that gives any, combining all statements from that source."""
    stating = [statement for statement in current if statement.fields.get("coverage")]
    stating = [statement for statement in stating if statement.source == stating[0].source]
    if national := next((one for one in stating if one.fields["coverage"].get("national")), None):
        yield "coverage.national", True, national
    by_region: dict[str, StoredStatement] = {}
    for statement in stating:
        for region in statement.fields["coverage"].get("regions") or ():
            by_region.setdefault(region, statement)
    for number, region in enumerate(sorted(by_region)):
        yield f"coverage.regions.{number}", region, by_region[region]


def _capabilities(current: list[StoredStatement]) -> Iterator[Part]:
    stating = [statement for statement in current if statement.fields.get("capabilities")]
    if stating and stating[0].source == SUPPLIER:
        stating = stating[:1]
    by_key: dict[str, tuple[dict[str, Any], StoredStatement]] = {}
    for statement in stating:
        for capability in statement.fields["capabilities"]:
            is_own = statement.source == SUPPLIER
            key = repr(capability) if is_own else _key(capability, "title", "description")
            by_key.setdefault(key, (capability, statement))
    for number, (capability, statement) in enumerate(list(by_key.values())[:MAX_PARTS]):
        yield f"capabilities.{number}", capability, statement


def _accreditations(current: list[StoredStatement]) -> Iterator[Part]:
    """Yield all accreditations that the supplier states, then one for each additional scheme in other sources."""
    by_key: dict[str, tuple[dict[str, Any], StoredStatement]] = {}
    for statement in current:
        is_own = statement.source == SUPPLIER
        for accreditation in statement.fields.get("accreditations") or ():
            scheme = _key(accreditation, "scheme")
            if is_own or not any(_key(other, "scheme") == scheme for other, _ in by_key.values()):
                by_key.setdefault(repr(accreditation) if is_own else scheme, (accreditation, statement))
    for number, (accreditation, statement) in enumerate(list(by_key.values())[:MAX_PARTS]):
        yield f"accreditations.{number}", accreditation, statement


def _track_record(current: list[StoredStatement]) -> Iterator[Part]:
    """Yield the pieces of work that the supplier states, then one piece for each other award, newest first."""
    own = [(piece, statement) for statement in current if statement.source == SUPPLIER for piece in _pieces(statement)]
    own_keys = {_key(piece, "title", "date", "buyer") for piece, _ in own}
    awards: dict[str, tuple[dict[str, Any], StoredStatement]] = {}
    for statement in current:
        for piece in _pieces(statement) if statement.source != SUPPLIER else ():
            if _key(piece, "title", "date", "buyer") not in own_keys:
                awards.setdefault(statement.record.rpartition("#")[0] or statement.record, (piece, statement))
    newest = sorted(sorted(awards.items()), key=lambda item: item[1][0].get("date", ""), reverse=True)
    for number, (piece, statement) in enumerate([*own, *(award for _, award in newest)][:MAX_PARTS]):
        yield f"track_record.{number}", piece, statement


def _pieces(statement: StoredStatement) -> list[dict[str, Any]]:
    return list(statement.fields.get("track_record") or ())


def _key(value: Mapping[str, Any], *names: str) -> str:
    return "|".join(str(value.get(name, "")).casefold() for name in names)


def _set(fields: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at `path` in `fields`. The items of a list must be set in order."""
    *parents, last = path.split(".")
    target: Any = fields
    for number, part in enumerate(parents):
        following = parents[number + 1] if number + 1 < len(parents) else last
        target = target.setdefault(part, [] if following.isdigit() else {})
    if isinstance(target, list):
        target.append(value)
    else:
        target[last] = value
