"""The rule by which the index reads facts from records. A decision records the rule, and a replay applies it again."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ReadingRule(IntEnum):
    """The past and present rules for reading the place and kind of a supplier, and the place of a need.

    - `REGION_FIELDS`: past work is in the region of its region field.
    - `WHOLE_RECORDS`: past work is in the regions that its fields and texts name.
    - `KNOWN_FACTS`: the kind of a supplier follows from its numbers and name, "vcse" stands for every kind of VCSE,
      and a filter by region tells an unknown place from a place elsewhere.
    """

    REGION_FIELDS = 1
    WHOLE_RECORDS = 2
    KNOWN_FACTS = 3


CURRENT_RULE: Final = ReadingRule.KNOWN_FACTS
