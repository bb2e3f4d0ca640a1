"""Profile passages, which are searched, and the search texts for needs.

A profile is split into pieces: its name, its summary, each capability, the outcomes of each capability, and each piece
of work in the track record. A piece becomes one passage or, if it is long, several passages, split at sentence ends so
that the encoder reads every word. The title of a piece of work is also a passage in its own right. A need gives two
search texts, one for the whole need and one for its title. The same profile always gives the same passages in the same
order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from matcher.records import Need, Profile

# all-MiniLM-L6-v2 reads at most 256 tokens. 1,000 characters of English are about 230 tokens.
PASSAGE_CHARACTERS: Final = 1_000
# A need with less text than this, in characters, is searched with the texts of its lots as well.
_SHORT_NEED: Final = 200

# A shorter name may be an ordinary word, so it is left in the text.
SHORTEST_BUYER_NAME: Final = 6

# Text that publishing systems add to notices and that does not describe what was bought.
_BOILERPLATE = re.compile(
    r"\.?published for completeness,? see description for details"
    r"|this contract award predates the launch[^.]{0,1000}\."
    r"|this contract award was not published at the time of award\."
    r"|it has been published for transparency purposes[^.]{0,1000}\."
    r"|this is an award notice and this opportunity is now closed\.?(?: please see section [^.]{0,1000}\.)?"
    r"|https?://\S+|\[contact removed\]",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")
_BRACKETS = re.compile(r"(?:(?<!\s)\s+)?[(\[][^()\[\]]*[)\]]")
# Titles that name a register field rather than something that a supplier can do.
_BARE_TITLES: Final = frozenset({"charitable objects", "objects", "activities", "capabilities", "services"})
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")


class PassageKind(IntEnum):
    """The part of a profile that a passage comes from. Index snapshots store these numbers."""

    NAME = 0
    SUMMARY = 1
    CAPABILITY = 2
    OUTCOMES = 3
    TRACK_RECORD = 4
    TRACK_RECORD_TITLE = 5


@dataclass(frozen=True)
class Passage:
    """A text from a profile.

    `part` is the position of the capability or piece of work that the text comes from, counting from 0. For a name or
    summary, `part` is 0.
    """

    kind: PassageKind
    part: int
    text: str

    @property
    def piece(self) -> tuple[PassageKind, int]:
        """The piece of the profile that the passage belongs to. Passages from the same piece are consecutive."""
        titled = self.kind is PassageKind.TRACK_RECORD_TITLE
        return (PassageKind.TRACK_RECORD if titled else self.kind, self.part)


def passages_of(profile: Profile) -> tuple[Passage, ...]:
    """Return the passages of `profile`, starting with its name."""
    return tuple(passage for piece in _pieces_of(profile) for passage in piece_passages(profile, *piece))


def piece_passages(profile: Profile, kind: PassageKind, part: int) -> tuple[Passage, ...]:
    """Return the passages of one piece of `profile`, the same as in `passages_of`."""
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
    bare = is_bare_title(capability.title) and capability.description
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
    """Return the search text for the whole of `need`: its title, description and outcomes, without the buyer's name.

    If these are short, the texts of the lots are added, unless the description already contains them.
    """
    own = (_headed(need.title, need.description), *need.outcomes)
    all_texts = own if sum(map(len, own)) >= _SHORT_NEED else (*own, *_texts_of_lots(need))
    texts = (_without_buyer(text, need) for text in all_texts)
    return "\n".join(filter(None, map(strip_boilerplate, texts))) or need.title


def _texts_of_lots(need: Need) -> Iterator[str]:
    for lot in need.lots:
        title = lot.title or ""
        if not (title in need.description and lot.description in need.description):
            yield _headed(title, lot.description) if title else lot.description


def title_of(need: Need) -> str:
    """Return the search text for the title of `need`.

    Text in brackets is left out, unless no letters would remain. Brackets usually contain a reference, an abbreviation
    or a broader subject, which would distort a short text. For example, “Dogs (Animals)” is about dogs. The search text
    for the whole need keeps the brackets. The buyer's name is left out in the same way.
    """
    title = strip_boilerplate(_without_buyer(need.title, need)) or headline(need.title)
    subject = strip_boilerplate(_BRACKETS.sub("", title))
    return subject if any(map(str.isalpha, subject)) else title


def is_bare_title(title: str) -> bool:
    """Return whether `title` names a register field, such as "Charitable objects", and not what a supplier does."""
    return title.lower() in _BARE_TITLES


def _without_buyer(text: str, need: Need) -> str:
    """Return `text` without the name of the need's buyer, which would favour suppliers that name the same buyer."""
    if need.buyer is None or len(need.buyer.name) < SHORTEST_BUYER_NAME:
        return text
    return re.sub(
        rf"(?:\bthe\s+)?(?<!\w){re.escape(need.buyer.name)}(?!\w)(?:['’]s\b)?", " ", text, flags=re.IGNORECASE
    )


def headline(title: str) -> str:
    """Return `title` without boilerplate, or unchanged if it is nothing but boilerplate."""
    return strip_boilerplate(title) or title


def _headed(title: str, body: str) -> str:
    """Return `title` and `body` as one text, leaving out `title` if `body` begins with it."""
    return body if body.lower().startswith(title.lower()) else f"{title}. {body}" if body else title


def strip_boilerplate(text: str) -> str:
    """Return `text` without boilerplate and web addresses, and without punctuation at either end."""
    return _BLANKS.sub(" ", _BOILERPLATE.sub(" ", text)).strip(" .;-–—")


def source_of(profile: Profile, passage: Passage) -> str:
    """Return a user-readable description of the part of `profile` that `passage` comes from."""
    if passage.piece[0] is PassageKind.TRACK_RECORD:
        piece = profile.track_record[passage.part]
        for_whom = f" for {piece.buyer}" if piece.buyer else ""
        return f"track record: {piece.title}{for_whom}" + (f", {piece.date:%Y-%m-%d}" if piece.date else "")
    if passage.kind in (PassageKind.CAPABILITY, PassageKind.OUTCOMES):
        return f"{passage.kind.name.lower()}: {profile.capabilities[passage.part].title}"
    return passage.kind.name.lower()


def _split(kind: PassageKind, part: int, title: str, body: str) -> tuple[Passage, ...]:
    """Split `body` at sentence ends into passages that fit the encoder, each starting with `title`."""
    title, body = (strip_boilerplate(title) or title), strip_boilerplate(body)
    if not title and not body:
        return ()
    if title and body.lower().startswith(title.lower()):
        title = ""
    room = max(PASSAGE_CHARACTERS - len(title) - len(". "), PASSAGE_CHARACTERS // 3)
    chunks = _chunks(body, room) or [""]
    return tuple(Passage(kind, part, f"{title}. {chunk}" if title and chunk else title or chunk) for chunk in chunks)


def _chunks(body: str, room: int) -> list[str]:
    """Split `body` into parts of at most `room` characters, each with as many whole sentences as fit."""
    chunks: list[str] = []
    for sentence in _SENTENCE_END.split(body):
        for part in _cut(sentence.strip(), room):
            if chunks and len(chunks[-1]) + 1 + len(part) <= room:
                chunks[-1] = f"{chunks[-1]} {part}"
            else:
                chunks.append(part)
    return chunks


def _cut(sentence: str, room: int) -> Iterator[str]:
    """Yield `sentence` in parts of at most `room` characters, split between words if possible."""
    while len(sentence) > room:
        end = sentence.rfind(" ", 1, room + 1)
        end = end if end > 0 else room
        yield sentence[:end].rstrip()
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence
