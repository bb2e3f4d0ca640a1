"""Notices in the Open Contracting Data Standard: streamed, trimmed at the door, merged into processes.

The standard (1.1), its merging rules and the EU and UK profiles: https://standard.open-contracting.org/1.1/en/ and
https://github.com/cabinetoffice/ocds_uk_extension. Fields of extensions that are not used are passed over.
"""

from matcher.sources.ocds.kept_fields import trim
from matcher.sources.ocds.packages import ENDINGS, PublishedRelease, read_releases, releases_in
from matcher.sources.ocds.process import Process, merge, source_of

__all__ = ["ENDINGS", "Process", "PublishedRelease", "merge", "read_releases", "releases_in", "source_of", "trim"]
