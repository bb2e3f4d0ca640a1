"""Letters: a digest as JSON and as an e-mail, dropped as files or handed to a mail server."""

from __future__ import annotations

import re
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from matcher.alerts.digest import Digest
from matcher.foundations.errors import Unavailable
from matcher.search.opportunities import Opportunity

_NO_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")
_SECONDS: Final = 30


def email_of(digest: Digest, *, sender: str, to: str) -> EmailMessage:
    """Return the letter that tells a supplier of its digest, in plain text."""
    count = len(digest.opportunities)
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, to
    letter["Subject"] = f"{count} new {'opportunity' if count == 1 else 'opportunities'} for {_line(digest.name)}"
    told = "\n\n".join(_told(one) for one in digest.opportunities)
    letter.set_content(
        f"These needs of the NHS may fit {_line(digest.name)}, best first.\n\n{told}\n\n"
        "You get this letter because an alert is saved for your profile. Remove the alert and it stops.\n"
    )
    return letter


def write(digest: Digest, folder: Path, letter: EmailMessage | None) -> list[Path]:
    """Write a digest as JSON, and its letter where there is one, and return the files.

    Raises:
        Unavailable: the folder cannot be written to.

    """
    # Two ids may differ in nothing that a file name keeps; quoting keeps them apart.
    name = _NO_FILE_NAME.sub(lambda found: f"%{ord(found[0]):02X}", digest.profile_id)[:200]
    files = [folder / f"{digest.day}-{name}.json"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_text(digest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if letter is not None:
            files.append(files[0].with_suffix(".eml"))
            files[1].write_bytes(letter.as_bytes())
    except OSError as error:
        raise Unavailable(
            f"the digest cannot be written to {folder}: {error.strerror}", remedy="Name another folder with --out"
        ) from error
    return files


def send(letter: EmailMessage, host: str, port: int) -> None:
    """Hand a letter to the mail server at `host`.

    Raises:
        Unavailable: it does not take it.

    """
    try:
        with smtplib.SMTP(host, port, timeout=_SECONDS) as server:
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"the mail server {host}:{port} does not take letters",
            remedy="Check MATCHER_SMTP_HOST and MATCHER_SMTP_PORT",
        ) from error


def _told(one: Opportunity) -> str:
    by = f" by {one.closes:%d %B %Y}" if one.closes else ""
    lines = [
        f"{one.rank}. {_line(one.title)}",
        f"   {one.buyer or 'buyer not named'}; fit: {one.band.value}; answer{by}",
    ]
    if not by:
        lines[1] = lines[1].removesuffix("; answer")
    lines += [f"   because: {_line(quote.text)[:200]} ({_line(quote.source)})" for quote in one.evidence[:2]]
    return "\n".join([*lines, f"   id: {one.need_id}"])


def _line(text: str) -> str:
    return " ".join(text.split())
