"""The decision record: saved searches and the events that follow them, in a hash chain."""

from matcher.ledger.decision import Decision
from matcher.ledger.difference import Difference
from matcher.ledger.entry import GENESIS, Entry, EntryContent, Event, RecordedSearch
from matcher.ledger.export import Format, export_lines
from matcher.ledger.ledger import Ledger, SavedDecision
from matcher.ledger.recorded_result import RecordedResult
from matcher.ledger.replay import Replay
from matcher.ledger.verification import LedgerProblem, Verification

__all__ = [
    "GENESIS",
    "Decision",
    "Difference",
    "Entry",
    "EntryContent",
    "Event",
    "Format",
    "Ledger",
    "LedgerProblem",
    "RecordedResult",
    "RecordedSearch",
    "Replay",
    "SavedDecision",
    "Verification",
    "export_lines",
]
