"""Directory: who is in the register already, by register number and by name."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from matcher.records import Profile, Record
from matcher.register.names import without_legal_form
from matcher.store import Store


class Likeness(StrEnum):
    """Why a profile may be the same supplier."""

    IDENTIFIER = "identifier"
    NAME = "name"


class SimilarProfile(Record):
    """A profile that may be the same supplier. By identifier it is; by name it may be."""

    profile_id: str
    name: str
    likeness: Likeness


class Directory:
    """The keys of all profiles in memory, following the store by its sequence. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._sequence = 0
        self._origin = ""
        self._names: dict[str, str] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._ids: defaultdict[str, set[str]] = defaultdict(set)

    def similar(self, profile: Profile) -> list[SimilarProfile]:
        """Return the other profiles that share an identifier or the name, those by identifier first."""
        self.follow()
        *numbers, name = _keys(profile.model_dump(mode="json", include={"name", "identifiers"}))
        with self._lock:
            sure = {id for key in numbers for id in self._ids.get(key, ())} - {profile.id}
            likely = self._ids.get(name, set()) - sure - {profile.id}
            return [
                SimilarProfile(profile_id=id, name=self._names[id], likeness=likeness)
                for likeness, ids in ((Likeness.IDENTIFIER, sure), (Likeness.NAME, likely))
                for id in sorted(ids)
            ]

    def follow(self) -> None:
        """Take in what has changed. Nothing is read under the lock: a reader may have to wait for a writer that
        waits for the lock.
        """
        if self._origin != self._store.origin(self._sequence):  # a backup was restored meanwhile
            with self._lock:
                self._forget()
        while (since := self._sequence) < (until := self._store.sequence()):
            contents = self._store.profile_contents(since, until=until)
            origin = self._store.origin(until)
            changes = [(id, (content["name"], _keys(content)) if content else None) for id, content in contents]
            with self._lock:
                if self._sequence == since:
                    for id, state in changes:
                        self._take(id, state)
                    self._sequence, self._origin = until, origin

    def _take(self, id: str, state: tuple[str, tuple[str, ...]] | None) -> None:
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
    """Return the register numbers ("charity:1000003") and, last, the name of a profile as keys."""
    numbers = content.get("identifiers", {}).items()
    name = without_legal_form(content["name"])
    return (*(f"{register}:{number}" for register, number in numbers if number), f"name:{name}")
