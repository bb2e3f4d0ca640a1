"""The records of the product: immutable, validated values."""

from matcher.records.filters import Filters
from matcher.records.match import Evidence, Match, SearchResult
from matcher.records.need import Buyer, Lot, Need, Requirements
from matcher.records.parsing import Record, parse
from matcher.records.profile import Accreditation, Capability, Contact, Coverage, Identifiers, Profile, TrackRecord
from matcher.records.supplier_kind import size_of, supplier_kind
from matcher.records.vocabulary import Region, Sector, Size, Stage

__all__ = [
    "Accreditation",
    "Buyer",
    "Capability",
    "Contact",
    "Coverage",
    "Evidence",
    "Filters",
    "Identifiers",
    "Lot",
    "Match",
    "Need",
    "Profile",
    "Record",
    "Region",
    "Requirements",
    "SearchResult",
    "Sector",
    "Size",
    "Stage",
    "TrackRecord",
    "parse",
    "size_of",
    "supplier_kind",
]
