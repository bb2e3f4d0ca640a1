"""Processes merged from notices that are given as published."""

from __future__ import annotations

from typing import Any

from matcher.foundations.errors import Place
from matcher.records import Need
from matcher.sources.catalogue import source_of_notice
from matcher.sources.ocds import Process, merge, trim
from matcher.sources.statement import Origin, Tally

Json = dict[str, Any]


def merged(*releases: Json, tally: Tally | None = None) -> Process:
    """Return the process of `releases`, which must share one ocid. `tally` counts what is dropped."""
    tally = tally or Tally()
    trimmed = [trim(release, tally, Place()) for release in releases]
    return merge(trimmed, source_of_notice(trimmed[0]["ocid"]), Origin("f", "release 1"), tally)


def need(*releases: Json) -> Need:
    """Return the need of a process that was not cancelled."""
    process = merged(*releases).need
    assert process is not None
    return process


def work(*releases: Json, tally: Tally | None = None) -> dict[str, Json]:
    """Return the piece of track record that the process gives each winner, by the winner's name."""
    statements = merged(*releases, tally=tally).statements
    return {statement.fields["name"]: statement.fields["track_record"][0] for statement in statements}


def bases(*releases: Json) -> dict[str, str]:
    """Return the basis of the value of each winner's track record, by the winner's name."""
    statements = merged(*releases).statements
    return {one.fields["name"]: one.fields.get("basis", {}).get("track_record.value", "") for one in statements}


def pounds(amount: object, **more: object) -> Json:
    """Return an OCDS value in pounds."""
    return {"amount": amount, "currency": "GBP", **more}


def award(id: str | None, *suppliers: Json, **more: Any) -> Json:
    """Return an active award to `suppliers`."""
    named = [{"id": supplier.get("id"), "name": supplier.get("name")} for supplier in suppliers]
    day = {"date": "2025-03-01T00:00:00Z"}
    return {**({"id": id} if id else {}), "status": "active", "suppliers": named, **day, **more}
