"""Secrets: made at random, kept as digests, compared in constant time.

A secret here has 256 random bits. Nobody can try them out, so that one fast hash keeps them as well as a
slow one would; slow hashes are for passwords, of which there are none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from typing import Final

_BYTES: Final = 32
_LONGEST_SLUG: Final = 60


def make_secret() -> str:
    """Return 256 random bits as text that may stand in a header, a cookie or a URL."""
    return secrets.token_urlsafe(_BYTES)


def make_id(kind: str) -> str:
    """Return a new id that nobody can guess: `kind` and 64 random bits."""
    return f"{kind}-{secrets.token_hex(8)}"


def make_record_id(name: str, otherwise: str) -> str:
    """Return a new id that begins like `name` (or `otherwise`, where it has no Latin letter) and nobody can foresee."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return f"{slug or otherwise}-{secrets.token_hex(5)}"


def digest_of(secret: str) -> str:
    """Return the SHA-256 of `secret` in hex: all that is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches_digest(digest: str, secret: str) -> bool:
    """Whether `secret` has `digest`, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(digest, digest_of(secret))
