"""Releases that share ocid and id: each that differs from the others of its file gets an id of its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from matcher.sources.statement import Tally


class ReleaseIds:
    """The ids of the releases in one file. Create one for each file, because a later file may correct a release."""

    def __init__(self) -> None:
        self._digests: dict[tuple[str, str], list[bytes]] = {}

    def with_own_id(self, release: dict[str, Any], tally: Tally) -> dict[str, Any]:
        """Return a trimmed `release`, with a number added to its id if another release in the file has this id.

        A release that repeats another word for word keeps its id.
        """
        key = release["ocid"], release["id"]
        digest = hashlib.blake2b(json.dumps(release, sort_keys=True).encode(), digest_size=8).digest()
        digests = self._digests.setdefault(key, [])
        if digest not in digests:
            digests.append(digest)
        if (number := digests.index(digest) + 1) == 1:
            return release
        tally.counts["releases that share an id"] += 1
        tally.warn("id", release["id"], "read together with the other release of this id")
        return {**release, "id": f"{release['id']}~{number}"}
