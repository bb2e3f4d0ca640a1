"""Random secrets, stored as digests and compared in constant time.

A secret has 256 random bits, too many to guess, so a fast hash protects it as well as a slow one. Slow hashes protect
passwords, and this product has no passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

from matcher.records.text import normalize

_BYTES: Final = 32
_LONGEST_SLUG: Final = 60


def make_secret() -> str:
    """Return 256 random bits as text for a header, a cookie or a URL."""
    return secrets.token_urlsafe(_BYTES)


def make_id(kind: str) -> str:
    """Return a new id that cannot be guessed: `kind` and 64 random bits."""
    return f"{kind}-{secrets.token_hex(8)}"


def make_record_id(name: str, otherwise: str) -> str:
    """Return a new id that cannot be guessed: `name` or else `otherwise`, and 40 random bits.

    `name` is written in lower-case ASCII. If nothing remains of `name`, `otherwise` replaces it.
    """
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return f"{slug or otherwise}-{secrets.token_hex(5)}"


def digest_of(secret: str) -> str:
    """Return the SHA-256 of `secret` in hex. The digest is stored instead of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches_digest(digest: str, secret: str) -> bool:
    """Return whether `secret` matches `digest`, in constant time."""
    return hmac.compare_digest(digest, digest_of(secret))
