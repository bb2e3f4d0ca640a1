"""A directory for looking up suppliers in the register by register number and by name."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from matcher.foundations.register_numbers import number_keys
from matcher.records import Profile, Record
from matcher.register.names import without_legal_form
from matcher.store import Store


class Likeness(StrEnum):
    """Why two profiles may describe the same supplier: a shared identifier, or the same name."""

    IDENTIFIER = "identifier"
    NAME = "name"


class SimilarProfile(Record):
    """A profile that may describe the same supplier.

    Attributes:
        profile_id: the id of the profile.
        name: the supplier's name in the profile.
        likeness: what matches. An identifier shows that the supplier is the same; a name only suggests it.

    """

    profile_id: str
    name: str
    likeness: Likeness


class Directory:
    """The register numbers and names of all profiles, held in memory and updated by `follow`. Threads can share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._sequence = 0
        self._origin = ""
        self._names: dict[str, str] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._ids: defaultdict[str, set[str]] = defaultdict(set)

    def similar(self, profile: Profile) -> list[SimilarProfile]:
        """Return other profiles that share an identifier or name with `profile`. Identifier matches come first."""
        self.follow()
        *numbers, name = _keys(profile.model_dump(mode="json", include={"name", "identifiers"}))
        with self._lock:
            certain = {id for key in numbers for id in self._ids.get(key, ())} - {profile.id}
            possible = self._ids.get(name, set()) - certain - {profile.id}
            return [
                SimilarProfile(profile_id=id, name=self._names[id], likeness=likeness)
                for likeness, ids in ((Likeness.IDENTIFIER, certain), (Likeness.NAME, possible))
                for id in sorted(ids)
            ]

    def follow(self) -> None:
        """Read the changes to profiles since the last call.

        The lock is not held while the store is read, because the reader may have to wait for a writer that is itself
        waiting for the lock.
        """
        if self._origin != self._store.origin(self._sequence):  # a backup has been restored
            with self._lock:
                self._clear()
        while (since := self._sequence) < (until := self._store.sequence()):
            contents = self._store.profile_contents(since, until=until)
            origin = self._store.origin(until)
            changes = [(id, (content["name"], _keys(content)) if content else None) for id, content in contents]
            with self._lock:
                if self._sequence == since:
                    for id, state in changes:
                        self._apply(id, state)
                    self._sequence, self._origin = until, origin

    def _apply(self, id: str, state: tuple[str, tuple[str, ...]] | None) -> None:
        for key in self._keys.pop(id, ()):
            self._ids[key].discard(id)
            if not self._ids[key]:
                del self._ids[key]
        self._names.pop(id, None)
        if state is not None:
            self._names[id], self._keys[id] = state
            for key in self._keys[id]:
                self._ids[key].add(id)


def _keys(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys for a profile: its register numbers ("charity:1000003"), then its name."""
    name = without_legal_form(content["name"])
    return (*number_keys(content.get("identifiers") or {}), f"name:{name}")
