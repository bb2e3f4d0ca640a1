"""Alerts: suppliers' requests for news of opportunities, and the digests sent in response."""

from matcher.alerts.alerts import Alert, Alerts
from matcher.alerts.digest import Digest, digests
from matcher.alerts.emails import email_of, write
from matcher.alerts.mail_server import MailServer

__all__ = ["Alert", "Alerts", "Digest", "MailServer", "digests", "email_of", "write"]
