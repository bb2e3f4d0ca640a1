"""The register: what sources say about needs and suppliers, combined into one profile for each supplier."""

from matcher.register.fetching import FetchReport, fetch
from matcher.register.import_report import ImportReport
from matcher.register.importing import import_files
from matcher.register.organisations import NhsOrganisation, Organisations
from matcher.register.register import Provenance, Register
from matcher.register.session import Session

__all__ = [
    "FetchReport",
    "ImportReport",
    "NhsOrganisation",
    "Organisations",
    "Provenance",
    "Register",
    "Session",
    "fetch",
    "import_files",
]
