"""Strict JSON: decodes texts in which every object gives each name once.

Programs differ in which of two values they take. So a repeated name could show one value to a person or a filter, and
another to the program. What public registers publish is read more leniently: real notices repeat names.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

_MAX_NAME: Final = 80


class RepeatedNameError(ValueError):
    """An object gives the same name twice. `name` is the name, cut off and made printable."""

    def __init__(self, name: str) -> None:
        self.name = name[:_MAX_NAME].encode("utf-8", "backslashreplace").decode()
        super().__init__(f"{self.name!r} appears twice in one object")


def decode(content: bytes | str) -> Any:
    """Return the JSON value in `content`.

    Raises:
        ValueError: `content` is not JSON or not UTF-8, is nested too deeply, or an object repeats a name.

    """
    try:
        return json.loads(content, object_pairs_hook=unique_object)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return `pairs` as a dictionary. It can be the `object_pairs_hook` of a JSON parser.

    Raises:
        RepeatedNameError: two pairs have the same name.

    """
    if len(value := dict(pairs)) != len(pairs):
        raise RepeatedNameError(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return value
