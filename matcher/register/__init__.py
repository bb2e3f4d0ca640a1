"""The register: what sources state of suppliers and needs, joined into one profile a supplier."""

from matcher.register.fetching import FetchReport, fetch
from matcher.register.intake import IntakeReport, Kind, take_files
from matcher.register.organisations import NhsOrganisation, Organisations
from matcher.register.register import Provenance, Register
from matcher.register.session import Session

__all__ = [
    "FetchReport",
    "IntakeReport",
    "Kind",
    "NhsOrganisation",
    "Organisations",
    "Provenance",
    "Register",
    "Session",
    "fetch",
    "take_files",
]
