"""Language: the NHS's short forms, their full forms, and the everyday words for the same thing.

A need in plain words should find a profile in NHS words, and the other way round. The table of terms
(`matcher.foundations.reference_tables.terms`) says which forms mean the same; here they are found in a text.

A text is read word by word through a tree of the forms, so the time is linear in its length. Where forms
overlap, the longest counts. A line in capitals hides which words are short forms, so there only those
count that are no other word in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from matcher.foundations.reference_tables import WORD, Term, key_of, terms, word_key

# Between two words of a form: nothing (around a comma), blanks, or a hyphen.
_GAP = re.compile(r"['’]?(?:[^\S\n]{0,3}|[-‐‑–])")
_SENTENCE = re.compile(r"(?:[^\n.!?;:]|[.!?;:](?!\s))+")
_LONG_CAPITALS = re.compile(r"\b[A-Z]{6,}\b")
_CAPITAL = re.compile(r"[A-Z]")
_SMALL = re.compile(r"[a-z]")

# One long word in capitals may be a name or a long short form; from two on the line shouts.
_LONG_WORDS_OF_A_SHOUT: Final = 2


def spelled_out(text: str) -> str:
    """Return `text` with its full form in brackets after the first of each short form.

    A full form that stands in the text already is not added, so that doing it twice changes nothing.
    """
    return _standard().spelled_out(text)


def related(text: str) -> tuple[str, ...]:
    """Return the other forms of what `text` speaks of: those to search for besides its own words.

    In the order in which the text comes to them, and of each its short form, full form and everyday words.
    """
    return _standard().related(text)


@dataclass(frozen=True)
class TermMatch:
    """A form found in a text, from character `start` to `end`, in a line that shouts or not."""

    term: Term
    form: str
    start: int
    end: int
    shouted: bool


@dataclass
class _Branch:
    """A place in the tree of forms: the words that may follow, and the form that ends here."""

    following: dict[str, _Branch] = field(default_factory=dict)
    ends: tuple[Term, str] | None = None


@dataclass(frozen=True)
class _Word:
    text: str
    key: str
    start: int
    end: int


class Vocabulary:
    """Terms, laid out to be found in texts."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._tree = _Branch()
        self._as_written: dict[str, Term] = {}
        self._in_any_case: dict[str, Term] = {}
        for term in terms:
            if term.short:
                self._as_written[term.short] = term
            if term.short and term.any_case:
                self._in_any_case[term.short.lower()] = term
            for form in (term.full, *term.plain):
                self._plant(term, form)

    def spelled_out(self, text: str) -> str:
        """See `spelled_out` of this module."""
        found = [one for one in self.find(text) if one.form not in one.term.plain]
        spelled = {one.term.full for one in found if one.form == one.term.full}
        parts, done = [], 0
        for one in _longest(found):
            if one.term.full not in spelled:
                spelled.add(one.term.full)
                # In capitals where the line is, so that the line is read the same next time.
                full = one.term.full.upper() if one.shouted else one.term.full
                parts.append(f"{text[done : one.end]} ({full})")
                done = one.end
        return "".join((*parts, text[done:]))

    def related(self, text: str) -> tuple[str, ...]:
        """See `related` of this module."""
        found = self.find(text)
        present = {one.form for one in found}
        spoken_of = dict.fromkeys(one.term for one in _longest(found))
        return tuple(form for term in spoken_of for form in term.forms if form not in present)

    def find(self, text: str) -> list[TermMatch]:
        """Return every form in `text`, those within others too, by where they start, the longest first."""
        return [one for sentence in _SENTENCE.finditer(text) for one in self._find(sentence)]

    def _find(self, sentence: re.Match[str]) -> Iterator[TermMatch]:
        text, shouted = sentence.string, _shouts(sentence.group())
        words = [
            _Word(word.group(), word_key(word.group()), word.start(), word.end())
            for word in WORD.finditer(text, sentence.start(), sentence.end())
        ]
        for i, word in enumerate(words):
            for end, (term, form) in reversed(list(self._phrases_from(i, words, text))):
                yield TermMatch(term, form, word.start, end, shouted)
            if (short := self._short(word.text, shouted)) is not None:
                yield TermMatch(short, short.short, word.start, word.end, shouted)

    def _phrases_from(self, first: int, words: list[_Word], text: str) -> Iterator[tuple[int, tuple[Term, str]]]:
        """Yield the ends and forms of the phrases that begin at a word, the shortest first."""
        branch = self._tree.following.get(words[first].key)
        for i in range(first, len(words)):
            if branch is None:
                return
            if branch.ends is not None:
                yield words[i].end, branch.ends
            if i + 1 == len(words) or not _GAP.fullmatch(text, words[i].end, words[i + 1].start):
                return
            branch = branch.following.get(words[i + 1].key)

    def _short(self, word: str, shouted: bool) -> Term | None:
        singular = word.replace("’", "'").removesuffix("'s")
        for form in (singular, singular.removesuffix("s")):
            term = self._in_any_case.get(form.lower()) or (None if shouted else self._as_written.get(form))
            if term is not None:
                return term
        return None

    def _plant(self, term: Term, form: str) -> None:
        """Add a phrase to the tree, also without its commas."""
        words = key_of(form)
        for path in {words, tuple(word for word in words if word != ",")}:
            branch = self._tree
            for word in path:
                branch = branch.following.setdefault(word, _Branch())
            branch.ends = term, form


@cache
def _standard() -> Vocabulary:
    return Vocabulary(terms())


def _longest(found: Iterable[TermMatch]) -> Iterator[TermMatch]:
    """Yield those of `found` that do not overlap: of each place the longest, from left to right."""
    done = -1
    for one in found:
        if one.start >= done:
            yield one
            done = one.end


def _shouts(sentence: str) -> bool:
    """Tell whether a sentence is in capitals, where they no longer tell a short form from a word."""
    long_words = len(_LONG_CAPITALS.findall(sentence))
    return long_words >= _LONG_WORDS_OF_A_SHOUT and len(_CAPITAL.findall(sentence)) > len(_SMALL.findall(sentence))
