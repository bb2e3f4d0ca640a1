"""Composition: the statements about one supplier made into one profile, the same whatever order they came in.

The supplier's own words come before registers, registers before notices (`Source`); of one source, what was stated
last comes first. A field is taken from the first who states it; numbers are taken kind by kind. What a supplier
says of its capabilities is all that is said of them. Pieces of track record add up, one an award.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from matcher.records import Profile, parse
from matcher.records.fields import MAX_PARTS
from matcher.sources.statement import PRECEDENCE, REGISTERS, Source

_SCALARS: Final = ("name", "sector", "summary", "postcode", "turnover", "employees", "website")


@dataclass(frozen=True)
class Said:
    """A statement as it is kept: who said it under which number, what, where it was read, when it was stated."""

    source: Source
    record: str
    fields: Mapping[str, Any]
    file: str
    place: str
    stated: date | None
    ended: bool = False


@dataclass(frozen=True)
class Composition:
    """A profile, None where nobody speaks for the supplier any more, and who said each part of it, by its path."""

    profile: Profile | None
    said_by: tuple[tuple[str, Said], ...] = ()

    @property
    def sources(self) -> list[Source]:
        """Those who said anything that is in the profile, in the order in which they are believed."""
        return sorted({said.source for _, said in self.said_by}, key=lambda source: PRECEDENCE[source])


def compose(profile_id: str, statements: Sequence[Said]) -> Composition:
    """Return the profile that `statements` come to."""
    ordered = sorted(statements, key=_rank)
    alive = [said for said in ordered if not said.ended]
    if _is_gone(ordered, alive):
        return Composition(None)
    parts = [
        *_scalars(alive),
        *_identifiers(alive),
        *_coverage(alive),
        *_capabilities(alive),
        *_accreditations(alive),
        *_track_record(alive),
    ]
    fields: dict[str, Any] = {"id": profile_id}
    for path, value, _ in parts:
        _put(fields, path, value)
    return Composition(parse(Profile, fields), tuple((path, said) for path, _, said in parts))


def _rank(said: Said) -> tuple[int, int, str]:
    return PRECEDENCE[said.source], -(said.stated.toordinal() if said.stated else 0), said.record


def _is_gone(ordered: list[Said], alive: list[Said]) -> bool:
    """Whether nobody names the supplier, or a register says it is no more and none says that it is."""
    named = any("name" in said.fields for said in alive)
    ended = len(ordered) > len(alive)
    vouched = any(said.source in REGISTERS or said.source is Source.SUPPLIER for said in alive)
    return not named or (ended and not vouched)


Part = tuple[str, Any, Said]


def _scalars(alive: list[Said]) -> Iterator[Part]:
    for name in _SCALARS:
        if said := next((one for one in alive if name in one.fields), None):
            yield name, said.fields[name], said


def _identifiers(alive: list[Said]) -> Iterator[Part]:
    taken: set[str] = set()
    for said in alive:
        for kind, number in (said.fields.get("identifiers") or {}).items():
            if kind not in taken:
                taken.add(kind)
                yield f"identifiers.{kind}", number, said


def _coverage(alive: list[Said]) -> Iterator[Part]:
    stating = [said for said in alive if said.fields.get("coverage")]
    stating = [said for said in stating if said.source is stating[0].source]
    if national := next((said for said in stating if said.fields["coverage"].get("national")), None):
        yield "coverage.national", True, national
    by_region: dict[str, Said] = {}
    for said in stating:
        for region in said.fields["coverage"].get("regions") or ():
            by_region.setdefault(region, said)
    for number, region in enumerate(sorted(by_region)):
        yield f"coverage.regions.{number}", region, by_region[region]


def _capabilities(alive: list[Said]) -> Iterator[Part]:
    stating = [said for said in alive if said.fields.get("capabilities")]
    if stating and stating[0].source is Source.SUPPLIER:
        stating = stating[:1]
    found: dict[str, tuple[dict[str, Any], Said]] = {}
    for said in stating:
        for capability in said.fields["capabilities"]:
            key = repr(capability) if said.source is Source.SUPPLIER else _key(capability, "title", "description")
            found.setdefault(key, (capability, said))
    for number, (capability, said) in enumerate(list(found.values())[:MAX_PARTS]):
        yield f"capabilities.{number}", capability, said


def _accreditations(alive: list[Said]) -> Iterator[Part]:
    found: dict[str, tuple[dict[str, Any], Said]] = {}
    for said in alive:
        for held in said.fields.get("accreditations") or ():
            key = repr(held) if said.source is Source.SUPPLIER else _key(held, "scheme")
            if said.source is Source.SUPPLIER or not any(_key(one, "scheme") == key for one, _ in found.values()):
                found.setdefault(key, (held, said))
    for number, (held, said) in enumerate(list(found.values())[:MAX_PARTS]):
        yield f"accreditations.{number}", held, said


def _track_record(alive: list[Said]) -> Iterator[Part]:
    """What the supplier tells first, then one piece an award, the newest first."""
    own = [(piece, said) for said in alive if said.source is Source.SUPPLIER for piece in _pieces(said)]
    told = {_key(piece, "title", "date", "buyer") for piece, _ in own}
    awards: dict[str, tuple[dict[str, Any], Said]] = {}
    for said in alive:
        for piece in _pieces(said) if said.source is not Source.SUPPLIER else ():
            if _key(piece, "title", "date", "buyer") not in told:
                awards.setdefault(said.record.rpartition("#")[0] or said.record, (piece, said))
    newest = sorted(sorted(awards.items()), key=lambda item: item[1][0].get("date", ""), reverse=True)
    for number, (piece, said) in enumerate([*own, *(found for _, found in newest)][:MAX_PARTS]):
        yield f"track_record.{number}", piece, said


def _pieces(said: Said) -> list[dict[str, Any]]:
    return list(said.fields.get("track_record") or ())


def _key(value: Mapping[str, Any], *names: str) -> str:
    return "|".join(str(value.get(name, "")).casefold() for name in names)


def _put(fields: dict[str, Any], path: str, value: Any) -> None:
    """Set what is at `path`; the parts of a list come in their order."""
    *parents, last = path.split(".")
    place: Any = fields
    for number, part in enumerate(parents):
        following = parents[number + 1] if number + 1 < len(parents) else last
        place = place.setdefault(part, [] if following.isdigit() else {})
    if isinstance(place, list):
        place.append(value)
    else:
        place[last] = value
