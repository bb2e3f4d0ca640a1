"""The verdict on a list: whether anybody in it is a strong fit, and where the possible ones end."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.records.policy import Band


def verdict_on(bands: Sequence[Band]) -> str:
    """Return the verdict in words on a list whose matches have these bands, best first. It is empty for an empty list.

    If even the best match is not strong, nobody in the register is.
    """
    if not bands:
        return ""
    strong, possible = bands.count(Band.STRONG), bands.count(Band.POSSIBLE)
    if strong == 0:
        first = "No strong fit in this register."
    else:
        first = "The first is a strong fit." if strong == 1 else f"The first {strong} are strong fits."
    end = strong + possible
    if end == 0:
        return f"{first} None of these is likely to fit."
    if possible == 0 or end == len(bands):
        return first
    return f"{first} The possible ones end at place {end}."
