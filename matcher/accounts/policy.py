"""How long keys, sessions and idempotency keys are valid. These periods are product decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

# A program keeps its key in its settings, so a year between renewals is practical.
KEY_LIFE: Final = timedelta(days=365)
LONGEST_KEY_LIFE: Final = timedelta(days=3 * 365)

# A browser session lasts for one working day at most, and ends after half an hour without use
# (OWASP session management: 15 to 30 minutes for applications of ordinary risk).
SESSION_LIFE: Final = timedelta(hours=10)
SESSION_IDLE: Final = timedelta(minutes=30)

# The minimum time between two saves by `LastUsed`.
LAST_USED_INTERVAL: Final = timedelta(minutes=1)

# How long a response is stored, so that repeated requests with the same Idempotency-Key get the same response.
IDEMPOTENCY_KEY_LIFE: Final = timedelta(days=7)
