"""Contact details in the texts of records: find them, redact them or refuse them.

A record that a file brings is redacted. A record that somebody sends to the service is refused, so that the sender can
decide what to write instead. Ids, codes and register numbers are not searched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from matcher.foundations.errors import InvalidInput, Place
from matcher.foundations.personal_data import has_contact_details, redact
from matcher.records.fields import MAX_PLACE
from matcher.records.parsing import Record

R = TypeVar("R", bound=Record)

CODES: Final = frozenset({"id", "identifiers", "ods_code", "cpv", "postcode"})
_REMEDY: Final = "Remove the contact details from this text. A supplier's contact goes in the field contact"


class RedactedRecord(NamedTuple):
    """A record without the contact details in its texts, and the dotted paths of the `fields` that were changed."""

    record: Any
    fields: tuple[str, ...]


def redact_record(record: Record) -> RedactedRecord:
    """Return `record` with the contact details in its texts replaced, and the fields that contained them."""
    fields: list[str] = []

    def redacted(text: str, path: str) -> str:
        result = redact(text)
        if result.removed:
            fields.append(path)
        return fitting(result.text, text)

    changed = map_texts(record, redacted)
    return RedactedRecord(changed, tuple(fields))


def check_impersonal(record: Record) -> None:
    """Check that no text of `record` contains contact details.

    Raises:
        InvalidInput: a text contains contact details. The error names the field, and says how many other fields do.

    """
    fields: list[str] = []

    def checked(text: str, path: str) -> str:
        if has_contact_details(text):
            fields.append(path)
        return text

    map_texts(record, checked)
    if fields:
        more = f" (and {len(fields) - 1} more in this record)" if len(fields) > 1 else ""
        problem = f"contains an e-mail address or a telephone number{more}"
        raise InvalidInput(problem, remedy=_REMEDY, place=Place(field=fields[0]))


def map_texts(record: R, change: Callable[[str, str], str]) -> R:
    """Return `record` with each text replaced by what `change` returns for the text and its dotted path.

    If `change` changes nothing, return `record` itself.
    """
    mapped: R = _mapped(record, "", change)
    return mapped


def fitting(changed: str, text: str) -> str:
    """Cut `changed`, which replaces `text`, so that it is within every limit of length that `text` is within."""
    return changed[: max(len(text), MAX_PLACE)]


def _mapped(value: Any, path: str, change: Callable[[str, str], str]) -> Any:
    if type(value) is str:  # a StrEnum is a word of the product, not a text
        return change(value, path)
    if isinstance(value, tuple):
        parts = tuple(_mapped(part, f"{path}.{number}", change) for number, part in enumerate(value))
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    if not isinstance(value, Record):
        return value
    changes: dict[str, Any] = {}
    for name, part in value:
        if name not in CODES and part is not None:
            new = _mapped(part, f"{path}.{name}" if path else name, change)
            if new is not part:
                changes[name] = new
    return value.model_copy(update=changes) if changes else value
