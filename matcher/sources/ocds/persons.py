"""Private persons among the suppliers and bidders of a release: they are removed before the release is stored."""

from __future__ import annotations

from typing import Any, Final

from matcher.sources.ocds.parties import PERSON_REMOVED, identifiers_of, is_person, party_of
from matcher.sources.ocds.supplier_names import joint_names
from matcher.sources.statement import Tally

_BIDDERS: Final = frozenset({"supplier", "tenderer", "removedSupplier"})
_KEPT_OF_PERSON: Final = frozenset({"id", "roles"})

Json = dict[str, Any]


def remove_persons(kept: Json, tally: Tally) -> None:
    """Remove what a trimmed release says about suppliers and bidders who are private persons, in place.

    Only the id and the roles of such a party are kept. From a name of several suppliers, only the persons are removed.
    """
    parties = kept.get("parties") or []
    for supplier in [supplier for award in kept.get("awards") or () for supplier in award.get("suppliers") or ()]:
        party = party_of(supplier, parties)
        names = [part.get("name") or "" for part in (supplier, party)]
        if PERSON_REMOVED in names or any(is_person(name, identifiers_of(party)) for name in names):
            tally.counts["suppliers who are persons"] += 1
            supplier["name"] = PERSON_REMOVED
            _reduce(party)
        for part in (supplier, party):
            _remove_from_joint_name(part, tally)
    for party in parties:
        if set(party.get("roles") or ()) & _BIDDERS:
            if is_person(party.get("name") or "", identifiers_of(party)):
                _reduce(party)
            _remove_from_joint_name(party, tally)


def _reduce(party: Json) -> None:
    for field in set(party) - _KEPT_OF_PERSON:
        del party[field]
    party["name"] = PERSON_REMOVED


def _remove_from_joint_name(party: Json, tally: Tally) -> None:
    names = joint_names(party.get("name") or "")
    if any(is_person(name, ()) for name in names):
        tally.counts["suppliers who are persons"] += sum(is_person(name, ()) for name in names)
        party["name"] = "; ".join(PERSON_REMOVED if is_person(name, ()) else name for name in names)
        party.pop("identifier", None)
