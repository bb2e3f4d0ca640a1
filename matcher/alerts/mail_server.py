"""The mail server that sends the digests."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Final

from matcher.foundations.errors import Unavailable
from matcher.foundations.settings import Settings

_TIMEOUT_SECONDS: Final = 30


class MailServer:
    """The mail server named in the settings. Each e-mail is sent through its own connection.

    Once the server cannot be used at all, every further e-mail fails immediately instead of waiting for the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failure: Unavailable | None = None

    def send(self, email: EmailMessage) -> None:
        """Send `email`.

        Raises:
            Unavailable: the server cannot be reached, its certificate is not valid, it refuses the sign-in, or it
                refuses the e-mail.

        """
        if self._failure is not None:
            raise self._failure
        with self._connected() as connection:
            try:
                connection.send_message(email)
            except (OSError, smtplib.SMTPException) as error:
                raise Unavailable(
                    f"the mail server {self._address} does not accept the e-mail{_reply(error)}",
                    remedy="Check the supplier's e-mail address and MATCHER_MAIL_FROM",
                ) from error

    @property
    def _address(self) -> str:
        return f"{self._settings.smtp_host}:{self._settings.smtp_port}"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            self._failure = Unavailable(
                f"the mail server {self._address} cannot be used: {_reason(error)}", remedy=_remedy(error)
            )
            raise self._failure from error
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        """Return a connection that is encrypted and signed in as the settings require."""
        settings = self._settings
        host, port = str(settings.smtp_host), settings.smtp_port
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
        try:
            if settings.smtp_security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if settings.smtp_password is not None:
                connection.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection


def _reason(error: Exception) -> str:
    """Return why the server cannot be used, in words that reveal neither secrets nor addresses."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refuses the sign-in{_reply(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not answer with TLS"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it offers no STARTTLS, or no sign-in"
    return f"it does not answer as expected{_reply(error)}"


def _remedy(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "Check MATCHER_SMTP_USER and MATCHER_SMTP_PASSWORD"
    return "Check MATCHER_SMTP_HOST, MATCHER_SMTP_PORT and MATCHER_SMTP_SECURITY"


def _reply(error: Exception) -> str:
    """Return the code of the server's reply, in brackets. The text of a reply may repeat an address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [str(code) for code, _ in error.recipients.values()]
        return f" (reply {', '.join(codes)})"
    return f" (reply {error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""
