"""Entries of releases: give each award, contract, lot and party an id of its own, so that merging loses none.

Under the standard, an entry of a later release updates the entry with the same id. Publishers also use one id for
several entries of one release, or no id. Such entries are different ones: they are told apart by what they say, and a
later release that repeats the id updates the entry that says the same.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from matcher.sources.ocds.parties import plain_name
from matcher.sources.statement import Tally

Json = dict[str, Any]

# The lists whose entries have ids, and the fields that tell entries with the same id apart, as groups from the most to
# the least telling.
_LISTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "parties": (("name",),),
    "awards": (("suppliers", "relatedLots", "title"), ("suppliers",), ("relatedLots",), ("title",)),
    "contracts": (("relatedLots", "value"), ("relatedLots",), ("dateSigned",), ("value",)),
    "tender.lots": (("title", "description"), ("title",), ("description",)),
    "tender.documents": (("documentType", "noticeType"),),
    "planning.documents": (("documentType", "noticeType"),),
    "planning.milestones": (("type", "dueDate"), ("type",)),
}
# Entries that make one need or piece of work each. If these share an id, a warning says so.
_WARNED: Final = frozenset({"parties", "awards", "contracts", "tender.lots"})
# The number added to the id of a release that shares its id with another release.
REPEATED: Final = re.compile(r"~\d+$")


# The entries that share one published id: the latest content of each, by the id that it is merged under.
_Variants = dict[str, Json]


def distinct(ordered: Sequence[Json], tally: Tally) -> list[Json]:
    """Return `ordered` releases, oldest first, in which no two different entries have the same id.

    An entry whose published id was missing or shared holds it as `publishedId`. Releases that share id and date count
    as one release.
    """
    known: dict[tuple[str, str], _Variants] = defaultdict(dict)
    releases: list[Json] = []
    for _, group in groupby(ordered, lambda release: (release["date"], REPEATED.sub("", release["id"]))):
        together = list(group)
        for path, telling in _LISTS.items():
            together = _with_distinct(together, path, telling, known, tally)
        releases += together
    return releases


def _with_distinct(
    together: list[Json],
    path: str,
    telling: tuple[tuple[str, ...], ...],
    known: dict[tuple[str, str], _Variants],
    tally: Tally,
) -> list[Json]:
    """Return releases that count as one, with distinct ids in the list at `path`."""
    by_id: dict[str, list[Json]] = defaultdict(list)
    for release in together:
        for entry in _entries(release, path):
            if entry not in by_id[entry.get("id") or ""]:
                by_id[entry.get("id") or ""].append(entry)
    given: dict[str, list[tuple[str, Json]]] = {}
    for id, listed in by_id.items():
        entries = _joined(listed) if path == "parties" else listed
        if len(entries) > 1 and path in _WARNED:
            tally.counts[f"{path.rpartition('.')[2]} that share an id"] += len(entries)
            tally.warn(path, id or "without an id", f"read as {len(entries)} different entries")
        given[id] = list(_assigned(path, id, entries, known[path, id], telling))
    parts = [numbered for id_entries in given.values() for numbered in id_entries]
    changed = [_set(release, path, []) if _entries(release, path) else release for release in together]
    first = next((n for n, release in enumerate(together) if _entries(release, path)), None)
    if first is not None:
        changed[first] = _set(together[first], path, [{**entry, "id": id} for id, entry in parts])
    return changed


def _assigned(
    path: str, id: str, entries: list[Json], variants: _Variants, telling: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[str, Json]]:
    """Yield each entry with the id to merge it under. All `entries` have the published `id`, or none if it is ""."""
    if id and len(entries) == 1 and len(variants) < 2:
        variants[id] = {**variants.get(id, {}), **entries[0]}
        yield id, entries[0]
        return
    free = dict(variants)
    waiting = list(entries)
    for names in telling:
        for entry in list(waiting):
            key = _key(entry, names)
            same = next((known for known, other in free.items() if any(key) and _key(other, names) == key), None)
            if same is not None:
                waiting.remove(entry)
                yield same, _noted(variants, same, id, free.pop(same), entry)
    if id and len(waiting) == len(free):  # corrections that change all that tells entries apart
        for entry, same in zip(waiting, list(free), strict=True):
            yield same, _noted(variants, same, id, free[same], entry)
        return
    for entry in waiting:
        if variants and not any(any(_key(entry, names)) for names in telling):
            for same, other in list(variants.items()):  # a change that names none of them, such as a status
                yield same, _noted(variants, same, id, other, entry)
        else:
            number = len(variants) + 1
            new = id if id and number == 1 else f"{id or path.rpartition('.')[2]}~{number}"
            yield new, _noted(variants, new, id, {}, entry)


def _noted(variants: _Variants, given: str, published: str, before: Json, entry: Json) -> Json:
    variants[given] = {**before, **entry}
    return {**entry, "publishedId": published}


def _joined(parties: list[Json]) -> list[Json]:
    """Return parties with the same id and name as one party that has the roles of both."""
    by_name: dict[str, Json] = {}
    for party in parties:
        name = plain_name(party.get("name") or "")
        before = by_name.get(name, {})
        roles = list(dict.fromkeys([*(before.get("roles") or ()), *(party.get("roles") or ())]))
        by_name[name] = {**before, **party, "roles": roles}
    return list(by_name.values())


def _key(entry: Json, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_plain(entry.get(name)) for name in names)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return plain_name(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):  # suppliers
        return "|".join(sorted(plain_name(item.get("name") or "") or str(item.get("id") or "") for item in value))
    return json.dumps(value, sort_keys=True) if value else ""


def _entries(release: Json, path: str) -> list[Json]:
    first, _, second = path.partition(".")
    part = release.get(first) or ()
    return list((part.get(second) or ()) if second and isinstance(part, dict) else part)


def _set(release: Json, path: str, entries: list[Json]) -> Json:
    first, _, second = path.partition(".")
    return {**release, first: {**release[first], second: entries} if second else entries}
