"""Passages: the texts that stand for a record in search.

A profile becomes pieces: its name, its summary, each capability, the outcomes of each capability, and each
piece of track record. A piece becomes one passage or, where it is long, several, cut at sentence ends so that
no word is beyond the encoder's reach; the title of a piece of track record is a passage of its own besides.
A need becomes two texts, the whole of it and its title. The same record always gives the same passages in
the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from matcher.records import Need, Profile

# all-MiniLM-L6-v2 reads 256 word pieces; 1,000 characters of English are about 230.
PASSAGE_CHARACTERS = 1_000

# What publishing systems add to notices; it says nothing of what was bought.
_BOILERPLATE = re.compile(
    r"\.?published for completeness,? see description for details"
    r"|this contract award predates the launch[^.]*\."
    r"|this contract award was not published at the time of award\."
    r"|it has been published for transparency purposes[^.]*\."
    r"|this is an award notice and this opportunity is now closed\.?(?: please see section [^.]*\.)?"
    r"|https?://\S+|\[contact removed\]",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
# Titles that name the field of a register rather than what a supplier can do.
_BARE_TITLES = frozenset({"charitable objects", "objects", "activities", "capabilities", "services"})
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")


class PassageKind(IntEnum):
    """Which part of a profile a passage comes from. The numbers are stored in index snapshots."""

    NAME = 0
    SUMMARY = 1
    CAPABILITY = 2
    OUTCOMES = 3
    TRACK_RECORD = 4
    TRACK_RECORD_TITLE = 5


@dataclass(frozen=True)
class Passage:
    """A text of a profile. `part` is the position of its capability or track record in the profile."""

    kind: PassageKind
    part: int
    text: str

    @property
    def piece(self) -> tuple[PassageKind, int]:
        """The piece of the profile it belongs to: passages of one piece stand together."""
        titled = self.kind is PassageKind.TRACK_RECORD_TITLE
        return (PassageKind.TRACK_RECORD if titled else self.kind, self.part)


def passages_of(profile: Profile) -> tuple[Passage, ...]:
    """Return the passages of `profile`, beginning with its name."""
    return tuple(passage for piece in _pieces_of(profile) for passage in piece_passages(profile, *piece))


def piece_passages(profile: Profile, kind: PassageKind, part: int) -> tuple[Passage, ...]:
    """Return the passages of one piece of `profile`, as `passages_of` has them."""
    if kind is PassageKind.NAME:
        return (Passage(kind, part, profile.name),)
    if kind is PassageKind.SUMMARY:
        return _split(kind, part, "", profile.summary)
    if kind is PassageKind.TRACK_RECORD:
        work = profile.track_record[part]
        title = Passage(PassageKind.TRACK_RECORD_TITLE, part, headline(work.title))
        return (title, *_split(kind, part, work.title, work.description))
    capability = profile.capabilities[part]
    if kind is PassageKind.OUTCOMES:
        return _split(kind, part, capability.title if capability.outcomes else "", ". ".join(capability.outcomes))
    bare = capability.title.lower() in _BARE_TITLES and capability.description
    return _split(kind, part, "" if bare else capability.title, capability.description)


def _pieces_of(profile: Profile) -> Iterator[tuple[PassageKind, int]]:
    yield PassageKind.NAME, 0
    yield PassageKind.SUMMARY, 0
    for part in range(len(profile.capabilities)):
        yield PassageKind.CAPABILITY, part
        yield PassageKind.OUTCOMES, part
    for part in range(len(profile.track_record)):
        yield PassageKind.TRACK_RECORD, part


def query_of(need: Need) -> str:
    """Return the text that stands for the whole of `need`: its title, description and outcomes."""
    texts = (_headed(need.title, need.description), *need.outcomes)
    return "\n".join(filter(None, map(telling, texts))) or need.title


def title_of(need: Need) -> str:
    """Return the title of `need` as a text to search for, without what stands in brackets.

    That is a reference, a short form or the wider field, and pulls a few words far: “Dogs (Animals)” is about dogs.
    The whole of the need has it.
    """
    title = headline(need.title)
    subject = telling(_BRACKETS.sub("", title))
    return subject if any(map(str.isalpha, subject)) else title


def headline(title: str) -> str:
    """Return `title` without what publishers add to it; as it is, where that is all."""
    return telling(title) or title


def _headed(title: str, body: str) -> str:
    """Return `body` led by `title`, unless it begins with it."""
    return body if body.lower().startswith(title.lower()) else f"{title}. {body}" if body else title


def telling(text: str) -> str:
    """Return `text` without what publishers add to every notice and without web addresses."""
    return _BLANKS.sub(" ", _BOILERPLATE.sub(" ", text)).strip(" .;-–—")


def source_of(profile: Profile, passage: Passage) -> str:
    """Return where in `profile` a passage stands, in words for a reader."""
    if passage.piece[0] is PassageKind.TRACK_RECORD:
        piece = profile.track_record[passage.part]
        for_whom = f" for {piece.buyer}" if piece.buyer else ""
        return f"track record: {piece.title}{for_whom}" + (f", {piece.date:%Y-%m-%d}" if piece.date else "")
    if passage.kind in (PassageKind.CAPABILITY, PassageKind.OUTCOMES):
        return f"{passage.kind.name.lower()}: {profile.capabilities[passage.part].title}"
    return passage.kind.name.lower()


def _split(kind: PassageKind, part: int, title: str, body: str) -> tuple[Passage, ...]:
    """Cut `body` at sentence ends into pieces that fit the encoder, each led by `title`."""
    title, body = (telling(title) or title), telling(body)
    if not title and not body:
        return ()
    if title and body.lower().startswith(title.lower()):
        title = ""
    room = max(PASSAGE_CHARACTERS - len(title) - len(". "), PASSAGE_CHARACTERS // 3)
    pieces = _pieces(body, room) or [""]
    return tuple(Passage(kind, part, f"{title}. {piece}" if title and piece else title or piece) for piece in pieces)


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
