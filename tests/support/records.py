"""Records for tests of a store."""

from __future__ import annotations

from matcher.records import Need, Profile, parse
from matcher.store import Put, Store


def profile(id: str = "p1", name: str = "Falls Prevention CIC", **fields: object) -> Profile:
    return parse(Profile, {"id": id, "name": name, "sector": "cic", **fields})


def need(id: str = "n1", title: str = "Fewer falls at home") -> Need:
    return Need(id=id, title=title)


def put(store: Store, *records: Profile | Need) -> list[Put]:
    with store.writing() as writer:
        return writer.put_many([(record, None) for record in records])
