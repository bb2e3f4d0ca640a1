"""Passages: the texts that stand for a record in search.

A profile becomes its summary, each capability, the outcomes of each capability, and each piece of track
record; long texts are cut at sentence ends, so that no word is beyond the encoder's reach. A need becomes
one text. The same record always gives the same passages in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from matcher.records import Need, Profile

# all-MiniLM-L6-v2 reads 256 word pieces; 1,000 characters of English are about 230.
PASSAGE_CHARACTERS = 1_000

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")


class PassageKind(IntEnum):
    """Which part of a profile a passage comes from. The numbers are stored in index snapshots."""

    NAME = 0
    SUMMARY = 1
    CAPABILITY = 2
    OUTCOMES = 3
    TRACK_RECORD = 4


@dataclass(frozen=True)
class Passage:
    """A text of a profile. `part` is the position of its capability or track record in the profile."""

    kind: PassageKind
    part: int
    text: str


def passages_of(profile: Profile) -> tuple[Passage, ...]:
    """Return the passages of `profile`: at least one, its name where nothing else is said of it."""
    passages = [*_split(PassageKind.SUMMARY, 0, "", profile.summary)]
    for part, capability in enumerate(profile.capabilities):
        passages += _split(PassageKind.CAPABILITY, part, capability.title, capability.description)
        passages += _split(
            PassageKind.OUTCOMES, part, capability.title if capability.outcomes else "", ". ".join(capability.outcomes)
        )
    for part, piece in enumerate(profile.track_record):
        passages += _split(PassageKind.TRACK_RECORD, part, piece.title, piece.description)
    return tuple(passages) or (Passage(PassageKind.NAME, 0, profile.name),)


def query_of(need: Need) -> str:
    """Return the text that stands for `need`: its title, description and outcomes."""
    return "\n".join(text for text in (need.title, need.description, *need.outcomes) if text)


def source_of(profile: Profile, passage: Passage) -> str:
    """Return where in `profile` a passage stands, in words for a reader."""
    if passage.kind is PassageKind.TRACK_RECORD:
        piece = profile.track_record[passage.part]
        for_whom = f" for {piece.buyer}" if piece.buyer else ""
        return f"track record: {piece.title}{for_whom}" + (f", {piece.date:%Y-%m-%d}" if piece.date else "")
    if passage.kind in (PassageKind.CAPABILITY, PassageKind.OUTCOMES):
        return f"{passage.kind.name.lower()}: {profile.capabilities[passage.part].title}"
    return passage.kind.name.lower()


def _split(kind: PassageKind, part: int, title: str, body: str) -> list[Passage]:
    """Cut `body` at sentence ends into pieces that fit the encoder, each led by `title`."""
    if not title and not body:
        return []
    room = max(PASSAGE_CHARACTERS - len(title) - len(". "), PASSAGE_CHARACTERS // 3)
    pieces = _pieces(body, room) or [""]
    return [Passage(kind, part, f"{title}. {piece}" if title and piece else title or piece) for piece in pieces]


def _pieces(body: str, room: int) -> list[str]:
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(body):
        for piece in _cut(sentence.strip(), room):
            if pieces and len(pieces[-1]) + 1 + len(piece) <= room:
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
    return pieces


def _cut(sentence: str, room: int) -> Iterator[str]:
    """Yield `sentence` in pieces of at most `room` characters, cut between words where there is a gap."""
    while len(sentence) > room:
        end = sentence.rfind(" ", 1, room + 1)
        end = end if end > 0 else room
        yield sentence[:end].rstrip()
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence
