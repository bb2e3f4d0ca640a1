"""Digests as JSON and as e-mails, and the files that they are written to."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import quote

from matcher.alerts.digest import Digest
from matcher.foundations import atomic_files, owner_only
from matcher.foundations.errors import InvalidInput, Unavailable
from matcher.records.email_address import ascii_form
from matcher.search.opportunities import Opportunity

# With the date and the ending, a name stays within the 255 bytes that file systems allow.
_LONGEST_NAME: Final = 200


def email_of(digest: Digest, *, sender: str, to: str) -> EmailMessage:
    """Return a plain-text e-mail that reports `digest` to a supplier.

    Raises:
        InvalidInput: `to` is not a valid address.

    """
    try:
        recipient = Address(addr_spec=ascii_form(to))
    except ValueError as error:
        raise InvalidInput(
            f"the e-mail address of the supplier {digest.profile_id} is not valid",
            remedy="Save the profile again with a contact whose address is correct",
        ) from error
    count = len(digest.opportunities)
    email = EmailMessage()
    email["From"], email["To"] = sender, recipient
    email["Subject"] = f"{count} new {'opportunity' if count == 1 else 'opportunities'} for {_single_line(digest.name)}"
    described = "\n\n".join(_described(opportunity) for opportunity in digest.opportunities)
    email.set_content(
        f"These NHS needs may fit {_single_line(digest.name)}. The best match is first.\n\n{described}\n\n"
        "You are receiving this e-mail because your profile has an alert. To stop these e-mails, remove the alert.\n"
    )
    return email


def write(digest: Digest, folder: Path, email: EmailMessage | None) -> list[Path]:
    """Write `digest` to `folder` as JSON, and `email` too if it is not None. Return the paths of the files written.

    Raises:
        Unavailable: the folder cannot be written to.

    """
    files = [folder / f"{digest.day}-{_file_name(digest.profile_id)}.json"]
    try:
        folder.mkdir(mode=owner_only.FOLDER, parents=True, exist_ok=True)
        atomic_files.write(files[0], f"{digest.model_dump_json(indent=2)}\n".encode())
        if email is not None:
            files.append(files[0].with_suffix(".eml"))
            atomic_files.write(files[1], email.as_bytes())
    except OSError as error:
        raise Unavailable(
            f"the digest cannot be written to {folder}: {error.strerror}", remedy="Choose another folder with --out"
        ) from error
    return files


def _file_name(id: str) -> str:
    """Return a name for the files of the profile `id`. Different ids give different names."""
    name = quote(id, safe="")
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(id.encode()).hexdigest()
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}-{digest}"


def _described(opportunity: Opportunity) -> str:
    by = f" by {opportunity.closes:%d %B %Y}" if opportunity.closes else ""
    lines = [
        f"{opportunity.rank}. {_single_line(opportunity.title)}",
        f"   {opportunity.buyer or 'buyer not named'}; fit: {opportunity.band.value}; answer{by}",
    ]
    if not by:
        lines[1] = lines[1].removesuffix("; answer")
    lines += [f"   - {_single_line(reason)}" for reason in opportunity.reasons]
    return "\n".join([*lines, f"   id: {opportunity.need_id}"])


def _single_line(text: str) -> str:
    return " ".join(text.split())
