"""E-mail addresses, checked without network access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

# RFC 5321, section 4.5.3.1.3, without the angle brackets.
_MAX_LENGTH: Final = 254


def ascii_form(address: str) -> str:
    """Return `address` in the form that every mail server accepts, which is ASCII.

    Raises:
        ValueError: `address` is not exactly one address that can be reached on the internet.

    """
    return str(_validated(address).ascii_email)


def _normalized(text: str) -> str:
    return str(_validated(text).normalized)


def _validated(text: str) -> ValidatedEmail:
    from email_validator import EmailNotValidError, validate_email

    try:
        # Few mail servers accept other than ASCII before the @ sign.
        return validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError("is not a valid e-mail address") from error


EmailAddress = Annotated[
    str, Field(max_length=_MAX_LENGTH, json_schema_extra={"format": "email"}), AfterValidator(_normalized)
]
