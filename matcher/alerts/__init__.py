"""Alerts: a supplier's wish to be told of new opportunities, and the digests that do so."""

from matcher.alerts.alerts import Alert, Alerts
from matcher.alerts.digest import Digest, digests
from matcher.alerts.emails import email_of, send, write

__all__ = ["Alert", "Alerts", "Digest", "digests", "email_of", "send", "write"]
