"""Policy of accounts: how long each proof of who somebody is holds. Decisions of this product."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

# A key is renewed at least once a year; until then it is in a program's settings.
KEY_LIFE: Final = timedelta(days=365)
LONGEST_KEY_LIFE: Final = timedelta(days=3 * 365)

# A browser session ends with the working day, and after half an hour away from the desk
# (OWASP session management: 15 to 30 minutes for applications of ordinary risk).
SESSION_LIFE: Final = timedelta(hours=10)
SESSION_IDLE: Final = timedelta(minutes=30)

# How often it is written down that a key or a session was used.
LAST_USED_INTERVAL: Final = timedelta(minutes=1)

# For how long the answer to a creation is given again to whoever repeats its Idempotency-Key.
IDEMPOTENCY_KEY_LIFE: Final = timedelta(days=7)
