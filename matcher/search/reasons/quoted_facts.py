"""Facts from the quoted passages: what a supplier says that it does, what it did, and for whom.

Each function returns a text to put into a sentence, or a truth value. It is empty or false if the sentence does not
apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from matcher.index.codes import day_number
from matcher.records import TrackRecord
from matcher.records.text import is_wordless
from matcher.search.quotes import QuotedPassage
from matcher.search.reasons.match_facts import MAX_QUOTE, MatchFacts, in_words, quoted
from matcher.texts.excerpts import clauses_of, excerpt
from matcher.texts.passages import PassageKind, headline, is_bare_title

OFFER_KINDS: Final = (PassageKind.CAPABILITY, PassageKind.OUTCOMES, PassageKind.SUMMARY)


def capability(facts: MatchFacts) -> str:
    """Return the title of the closest capability, if the title says what the supplier does."""
    offer = facts.quotes.close_to_need(*OFFER_KINDS)
    return quoted(_title(facts, offer[0])) if offer else ""


def own_words(facts: MatchFacts) -> str:
    """Return the closest clause of the summary, or of a capability whose title says nothing."""
    offer = facts.quotes.close_to_need(PassageKind.CAPABILITY, PassageKind.SUMMARY)
    if offer is None or capability(facts):
        return ""
    quote, evidence = offer
    is_said = quote.kind is PassageKind.SUMMARY or facts.profile.capabilities[quote.part].description
    return quoted(facts.searched.closest(clauses_of(evidence.text))) if is_said else ""


def outcome(facts: MatchFacts) -> str:
    """Return the closest outcome of a capability whose outcomes are quoted."""
    found = facts.quotes.close_to_need(PassageKind.OUTCOMES)
    return quoted(facts.searched.closest(facts.profile.capabilities[found[0].part].outcomes)) if found else ""


def past_work(facts: MatchFacts) -> str:
    """Return the title of the closest piece of past work, with its buyer and its year if they are known."""
    found = facts.quotes.close_to_need(PassageKind.TRACK_RECORD)
    if found is None:
        return ""
    work = facts.profile.track_record[found[0].part]
    buyer = f" for {_name(work.buyer)}" if work.buyer else ""
    return f"{quoted(headline(work.title))}{buyer}{_year(facts, [work], ', in')}"


def similar_work(facts: MatchFacts) -> str:
    """Return for whom the supplier did two or more similar pieces of work, and the year of the last one.

    No work of an unlikely match is called similar. If more pieces may be similar than were quoted, the number and the
    year are left out.
    """
    parts = [quote.part for quote in facts.quotes.close if quote.kind is PassageKind.TRACK_RECORD]
    done = [facts.profile.track_record[part] for part in parts if facts.profile.track_record[part].buyer]
    if len(done) < 2 or not facts.is_likely:
        return ""
    names = {name.casefold(): name for work in done if (name := _name(work.buyer))}
    if not facts.quotes.are_complete:
        return "several buyers" if len(names) > 1 else f"{_name(done[0].buyer)} several times"
    buyers = f"{in_words(len(names))} buyers" if len(names) > 1 else f"{_name(done[0].buyer)} {_times(len(done))}"
    return f"{buyers}{_year(facts, done, ', last in')}"


def closest_is_name(facts: MatchFacts) -> bool:
    """Return whether the name is closer to the need than anything else that the profile says."""
    return facts.quotes.distinct[0][0].kind is PassageKind.NAME and not is_silent(facts)


def is_silent(facts: MatchFacts) -> bool:
    """Return whether the profile says nothing about what the supplier does."""
    return not (facts.profile.summary or facts.profile.capabilities or facts.profile.track_record)


def stands_for_work(facts: MatchFacts) -> str:
    """Return what a supplier without a track record is judged by."""
    if facts.profile.track_record or is_silent(facts):
        return ""
    return "capabilities" if facts.profile.capabilities else "summary"


def copied_part(facts: MatchFacts) -> str:
    """Return which part of the profile repeats the words of the need."""
    shown = facts.quotes.distinct
    kinds = (quote.kind for quote, evidence in shown if facts.searched.text.is_repeated_by(evidence.text))
    return next((kind.name.lower().replace("_", " ") for kind in kinds), "")


def _title(facts: MatchFacts, quote: QuotedPassage) -> str:
    """Return the title of a quoted capability, or "" if the title says nothing or `quote` is from the summary."""
    if quote.kind is PassageKind.SUMMARY:
        return ""
    title = headline(facts.profile.capabilities[quote.part].title)
    return "" if is_bare_title(title) or is_wordless(title) else title


def _name(buyer: str | None) -> str:
    return excerpt(buyer or "", MAX_QUOTE)


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{in_words(number)} times"


def _year(facts: MatchFacts, done: Sequence[TrackRecord], before: str) -> str:
    """Return the year of the last of `done`, after `before`, or "" if it is unknown or lies in the future."""
    last = max((work.date for work in done if work.date), default=date.max)
    return f"{before} {last.year}" if day_number(last) <= facts.searched.on else ""
