"""Ledger: the decision record. Searches kept as decisions and what was decided on them, chained by hashes."""

from matcher.ledger.answer import Answer
from matcher.ledger.decision import Decision
from matcher.ledger.difference import Difference
from matcher.ledger.entry import GENESIS, Entry, EntryContent, Event, RecordedSearch
from matcher.ledger.export import Format, exported
from matcher.ledger.ledger import Kept, Ledger
from matcher.ledger.replay import Replay
from matcher.ledger.verification import Fault, Verification

__all__ = [
    "GENESIS",
    "Answer",
    "Decision",
    "Difference",
    "Entry",
    "Event",
    "Fault",
    "Format",
    "Kept",
    "Ledger",
    "Replay",
    "RecordedSearch",
    "EntryContent",
    "Verification",
    "exported",
]
