"""Notices in the Open Contracting Data Standard: read as a stream, reduced to the fields in use, and merged by process.

For the standard (1.1), its merging rules, and its EU and UK profiles, see
https://standard.open-contracting.org/1.1/en/ and https://github.com/cabinetoffice/ocds_uk_extension. Extension fields
that are not in use are dropped.
"""

from matcher.sources.ocds.packages import ENDINGS, PublishedRelease, ReleaseIds, read_releases, releases_in
from matcher.sources.ocds.process import Process, merge
from matcher.sources.ocds.trimming import named, rejected, trim

__all__ = [
    "ENDINGS",
    "Process",
    "PublishedRelease",
    "ReleaseIds",
    "merge",
    "named",
    "read_releases",
    "rejected",
    "releases_in",
    "trim",
]
