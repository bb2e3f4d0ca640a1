"""The catalogue of sources: one row per source, in order of precedence.

If several sources state the same field of a profile, the source listed first wins. To add a source, write
its reader and add a row. The commands `import` and `fetch`, the importer and the register take their sources from the
catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matcher.foundations.settings import Settings
from matcher.sources import charity_commission, companies_house, cqc, ocds, ods, register_rows
from matcher.sources.formats.items import Item
from matcher.sources.ocds import PublishedRelease
from matcher.sources.ods import OdsOrganisation
from matcher.sources.statement import SUPPLIER, Statement, Tally

_OGL: Final = "Open Government Licence v3.0"


@dataclass(frozen=True)
class StatementFiles:
    """Files whose rows are statements. `read` takes the file, the source name and a tally to add to."""

    read: Callable[[Path, str, Tally], Iterator[Item[list[Statement]]]]
    endings: tuple[str, ...] = register_rows.ENDINGS


@dataclass(frozen=True)
class ReleaseFiles:
    """Files that hold OCDS releases."""

    read: Callable[[Path], Iterator[PublishedRelease]]
    endings: tuple[str, ...]


@dataclass(frozen=True)
class OrganisationFiles:
    """Files that list NHS organisations."""

    read: Callable[[Path], Iterator[Item[OdsOrganisation]]]
    endings: tuple[str, ...]


@dataclass(frozen=True)
class NoticeFeed:
    """How to fetch notices: the address, and the parameter names for the start and end of a time window."""

    address: Callable[[Settings], str]
    since: str
    until: str


@dataclass(frozen=True)
class Source:
    """A source: its name in commands and in the database, how it is read or fetched, and how far it is trusted.

    `files` describes the files that `matcher import` reads, and `feed` the notices that `matcher fetch` fetches. Either
    is None if the source has no such files or notices. A statement from a register (`is_register`) shows that a
    supplier exists. `ocid_prefix` is the prefix shared by the ocids of the source's notices.
    """

    name: str
    files: StatementFiles | ReleaseFiles | OrganisationFiles | None = None
    feed: NoticeFeed | None = None
    licence: str = ""
    is_register: bool = False
    ocid_prefix: str | None = None


COMPANIES_HOUSE: Final = "companies-house"
# The source name for notices whose ocid prefix is not in the catalogue.
OTHER_NOTICES: Final = "ocds"

CATALOGUE: Final = (
    Source(SUPPLIER),
    Source("charity-commission", StatementFiles(charity_commission.read), licence=_OGL, is_register=True),
    Source(COMPANIES_HOUSE, StatementFiles(companies_house.read), licence=_OGL, is_register=True),
    Source("cqc", StatementFiles(cqc.read), licence=_OGL, is_register=True),
    Source(
        "find-a-tender",
        feed=NoticeFeed(lambda settings: settings.find_a_tender_url, "updatedFrom", "updatedTo"),
        licence=_OGL,
        ocid_prefix="ocds-h6vhtk",
    ),
    Source(
        "contracts-finder",
        feed=NoticeFeed(lambda settings: settings.contracts_finder_url, "publishedFrom", "publishedTo"),
        licence=_OGL,
        ocid_prefix="ocds-b5fd17",
    ),
    Source(OTHER_NOTICES, ReleaseFiles(ocds.read_releases, ocds.ENDINGS)),
    Source("ods", OrganisationFiles(ods.read, ods.ENDINGS), licence=_OGL),
)

PRECEDENCE: Final = {source.name: rank for rank, source in enumerate(CATALOGUE)}
REGISTERS: Final = frozenset(source.name for source in CATALOGUE if source.is_register)
FILE_SOURCES: Final = tuple(source.name for source in CATALOGUE if source.files)
FEED_SOURCES: Final = tuple(source.name for source in CATALOGUE if source.feed)
_BY_NAME: Final = {source.name: source for source in CATALOGUE}
_BY_OCID_PREFIX: Final = {source.ocid_prefix: source.name for source in CATALOGUE if source.ocid_prefix}


def source_named(name: str) -> Source:
    """Return the catalogue row for the source called `name`. Raise KeyError if there is no such source."""
    return _BY_NAME[name]


def source_of_notice(ocid: str) -> str:
    """Return the name of the source that publishes the notices with `ocid`."""
    return _BY_OCID_PREFIX.get("-".join(ocid.split("-")[:2]), OTHER_NOTICES)
