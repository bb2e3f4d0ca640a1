"""Operations: what keeps an installation in health."""

from matcher.operations.doctor import Check, examine

__all__ = ["Check", "examine"]
