"""Lots: the parts of a tender, each with its text, value, CPV codes and place, and the lots that an award names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from matcher.records.fields import MAX_PARTS, MAX_TEXT, MAX_TITLE
from matcher.sources.ocds.needs import CANCELLED, addresses_of, cpv_codes, description_of, lot_text, place_of
from matcher.sources.ocds.values import Valuation, least_value, stated_value
from matcher.sources.statement import Tally

# A lot with less text than this, in characters, is described with the tender's description as well.
_SHORT: Final = 200
_MAX_LISTED: Final = 200

Json = dict[str, Any]


def lots_of(merged: Json) -> list[Json]:
    """Return the lots of a process that were not cancelled."""
    lots = (merged.get("tender") or {}).get("lots") or ()
    return [lot for lot in lots if lot.get("status") not in CANCELLED]


def lot_value(lot: Json, tally: Tally) -> Valuation | None:
    """Return the value of a lot, or its ceiling or minimum, or None."""
    field = f"tender.lots.{id_of(lot)}"
    return stated_value(lot, field, tally) or least_value(lot, field, tally)


def need_lots(merged: Json, values: dict[str, Valuation | None], tally: Tally) -> list[Json]:
    """Return the lots of a need as JSON values. `values` holds the value of each lot, by id."""
    lots = lots_of(merged)
    if len(lots) > MAX_PARTS:
        tally.warn("tender.lots", f"{len(lots)} lots", f"left out: the lots after the first {MAX_PARTS}")
    return [_fields(lot, merged, values.get(lot["id"]), tally) for lot in lots[:MAX_PARTS]]


def _fields(lot: Json, merged: Json, value: Valuation | None, tally: Tally) -> Json:
    items = items_of([lot], merged)
    fields = {
        "id": id_of(lot),
        "title": (lot.get("title") or "")[:MAX_TITLE],
        "description": (lot.get("description") or "")[:MAX_TEXT],
        "value": value.amount if value else None,
        "cpv": cpv_codes(items, tally),
        "region": place_of(addresses_of(items)).get("region"),
    }
    return {name: part for name, part in fields.items() if part not in (None, "", [])}


def id_of(lot: Json) -> str:
    """Return the id of a lot as published."""
    return str(lot.get("publishedId", lot["id"]))


def items_of(lots: Iterable[Json], merged: Json) -> Json:
    """Return an object that holds the items of the tender that belong to any of `lots`."""
    ids = {id_of(lot) for lot in lots}
    items = (merged.get("tender") or {}).get("items") or ()
    return {"items": [item for item in items if ids & _named(item)]}


def lots_named(award: Json, merged: Json, tally: Tally) -> list[Json] | None:
    """Return the lots that an award names, itself or in its items, or None if it names no lot.

    A named lot that the notice does not contain is reported and left out.
    """
    names = [
        *(award.get("relatedLots") or ()),
        *(id for item in award.get("items") or () for id in sorted(_named(item))),
    ]
    lots = (merged.get("tender") or {}).get("lots") or ()
    if not names or not lots:
        return None
    by_id: dict[str, list[Json]] = {}
    for lot in lots:
        by_id.setdefault(id_of(lot), []).append(lot)
    for name in dict.fromkeys(names):
        if name not in by_id:
            tally.warn("awards.relatedLots", name, "left out: the notice has no such lot")
    return [lot for name in dict.fromkeys(names) for lot in by_id.get(name, ())]


def title_of_lots(title: str, lots: list[Json]) -> str:
    """Return `title` followed by the titles of `lots`, if these add to it and are not too long."""
    titles = [lot["title"] for lot in lots if lot.get("title") and lot["title"].casefold() not in title.casefold()]
    listed = "; ".join(dict.fromkeys(titles))
    if not listed or len(listed) > _MAX_LISTED:
        return title[:MAX_TITLE]
    if any(title.casefold() in own.casefold() for own in titles):
        return listed[:MAX_TITLE]
    return f"{title[: MAX_TITLE - len(listed) - 2]}: {listed}"


def description_of_lots(lots: list[Json], merged: Json) -> str:
    """Return the text of `lots` and, if that is short, the tender's description, unless it names other lots."""
    texts = [lot.get("description") if len(lots) == 1 else lot_text(lot) for lot in lots]
    own = "\n".join(dict.fromkeys(text for text in texts if text))
    if len(own) >= _SHORT:
        return own[:MAX_TEXT]
    whole = description_of({**merged, "tender": {**(merged.get("tender") or {}), "lots": []}})
    others = [lot for lot in (merged.get("tender") or {}).get("lots") or () if lot not in lots]
    if any(lot.get("title") and lot["title"].casefold() in whole.casefold() for lot in others):
        return own
    return "\n".join(text for text in (own, whole) if text)[:MAX_TEXT]


def _named(item: Json) -> set[str]:
    return {id for id in (item.get("relatedLot"), *(item.get("relatedLots") or ())) if id}
