"""Alerts: a supplier's wish to be told of new opportunities, and the digests that do so."""

from matcher.alerts.alerts import Alert, Alerts
from matcher.alerts.digest import Digest, digest_for
from matcher.alerts.letters import letter_of, send, write

__all__ = ["Alert", "Alerts", "Digest", "digest_for", "letter_of", "send", "write"]
