"""Language: NHS abbreviations, their full forms, and everyday words with the same meaning.

A need written in plain words should find a profile written in NHS terms, and vice versa. The table of terms
(`matcher.foundations.reference_tables.terms`) lists the forms that have the same meaning. This module finds those forms
in a text.

A text is matched word by word against a tree of forms, in time proportional to the length of the text. If forms
overlap, the form that starts first is used, or the longest form if several start together. In a sentence in capitals,
abbreviations look like any other word, so an abbreviation is recognised only if its term has `any_case` set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from matcher.foundations.reference_tables import WORD, Term, key_of, terms, word_key

# What may come between two words in a form: nothing (around a comma), white space, or a hyphen.
_GAP = re.compile(r"['’]?(?:[^\S\n]{0,3}|[-‐‑–])")
_SENTENCE = re.compile(r"(?:[^\n.!?;:]|[.!?;:](?!\s))+")
_LONG_CAPITALS = re.compile(r"\b[A-Z]{6,}\b")
_CAPITAL = re.compile(r"[A-Z]")
_SMALL = re.compile(r"[a-z]")

# A sentence is treated as being in capitals only if at least this many of its long words are in capitals. A single word
# in capitals may be a name or an abbreviation.
_LONG_WORDS_IN_CAPITALS: Final = 2


def spelled_out(text: str) -> str:
    """Return `text` with the full form in brackets after the first use of each abbreviation.

    Full forms that the text already contains are not added, so a second call changes nothing.
    """
    return _standard().spelled_out(text)


def related(text: str) -> tuple[str, ...]:
    """Return the other forms of the terms in `text`, to search for in addition to the words in `text`.

    The forms of a term are its abbreviation, full form and everyday words, except for forms that the text already
    contains. The terms are in the order in which they occur in the text.
    """
    return _standard().related(text)


@dataclass(frozen=True)
class TermMatch:
    """A form of a term, found in a text.

    `start` and `end` are character positions, counting from 0. `end` is the position after the last character.
    `capitals` is true if the sentence is in capitals.
    """

    term: Term
    form: str
    start: int
    end: int
    capitals: bool


@dataclass
class _Branch:
    """A node in the tree of forms: the words that may follow, and the form that ends here, if any."""

    following: dict[str, _Branch] = field(default_factory=dict)
    ends: tuple[Term, str] | None = None


@dataclass(frozen=True)
class _Word:
    text: str
    key: str
    start: int
    end: int


class Vocabulary:
    """A set of terms, arranged so that they can be found in texts."""

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
                self._add_phrase(term, form)

    def spelled_out(self, text: str) -> str:
        """Return `text` with full forms added; see the module-level function of the same name."""
        matches = [match for match in self.find(text) if match.form not in match.term.plain]
        spelled = {match.term.full for match in matches if match.form == match.term.full}
        parts, done = [], 0
        for match in _longest(matches):
            if match.term.full not in spelled:
                spelled.add(match.term.full)
                # The form is in capitals if the sentence is, so that a second call treats the sentence in the same way.
                full = match.term.full.upper() if match.capitals else match.term.full
                parts.append(f"{text[done : match.end]} ({full})")
                done = match.end
        return "".join((*parts, text[done:]))

    def related(self, text: str) -> tuple[str, ...]:
        """Return the other forms of the terms in `text`; see the module-level function of the same name."""
        matches = self.find(text)
        present = {match.form for match in matches}
        used = dict.fromkeys(match.term for match in _longest(matches))
        return tuple(form for term in used for form in term.forms if form not in present)

    def find(self, text: str) -> list[TermMatch]:
        """Return every form in `text`, including forms within longer forms.

        The forms are sorted by start position. If several forms start together, the longest comes first.
        """
        return [match for sentence in _SENTENCE.finditer(text) for match in self._find(sentence)]

    def _find(self, sentence: re.Match[str]) -> Iterator[TermMatch]:
        text, capitals = sentence.string, _in_capitals(sentence.group())
        words = [
            _Word(word.group(), word_key(word.group()), word.start(), word.end())
            for word in WORD.finditer(text, sentence.start(), sentence.end())
        ]
        for i, word in enumerate(words):
            for end, (term, form) in reversed(list(self._phrases_from(i, words, text))):
                yield TermMatch(term, form, word.start, end, capitals)
            if (short := self._abbreviation(word.text, capitals)) is not None:
                yield TermMatch(short, short.short, word.start, word.end, capitals)

    def _phrases_from(self, first: int, words: list[_Word], text: str) -> Iterator[tuple[int, tuple[Term, str]]]:
        """Yield (end, (term, form)) for each phrase that begins at word `first`, shortest first."""
        branch = self._tree.following.get(words[first].key)
        for i in range(first, len(words)):
            if branch is None:
                return
            if branch.ends is not None:
                yield words[i].end, branch.ends
            if i + 1 == len(words) or not _GAP.fullmatch(text, words[i].end, words[i + 1].start):
                return
            branch = branch.following.get(words[i + 1].key)

    def _abbreviation(self, word: str, capitals: bool) -> Term | None:
        """Return the term that `word` abbreviates, ignoring any plural or possessive ending, or None."""
        singular = word.replace("’", "'").removesuffix("'s")
        for form in (singular, singular.removesuffix("s")):
            term = self._in_any_case.get(form.lower()) or (None if capitals else self._as_written.get(form))
            if term is not None:
                return term
        return None

    def _add_phrase(self, term: Term, form: str) -> None:
        """Add `form` to the tree, both with and without its commas."""
        words = key_of(form)
        for path in {words, tuple(word for word in words if word != ",")}:
            branch = self._tree
            for word in path:
                branch = branch.following.setdefault(word, _Branch())
            branch.ends = term, form


@cache
def _standard() -> Vocabulary:
    return Vocabulary(terms())


def _longest(matches: Iterable[TermMatch]) -> Iterator[TermMatch]:
    """Yield the matches that do not overlap, from left to right, preferring the longest at each start."""
    done = -1
    for match in matches:
        if match.start >= done:
            yield match
            done = match.end


def _in_capitals(sentence: str) -> bool:
    """Return whether `sentence` is in capitals. If it is, capitals do not indicate abbreviations."""
    long_words = len(_LONG_CAPITALS.findall(sentence))
    return long_words >= _LONG_WORDS_IN_CAPITALS and len(_CAPITAL.findall(sentence)) > len(_SMALL.findall(sentence))
