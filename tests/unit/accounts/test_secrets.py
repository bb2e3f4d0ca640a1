"""A secret is checked against its complete digest, in constant time."""

from __future__ import annotations

from typing import NoReturn

from matcher.accounts.secrets import digest_of, make_secret, matches_digest


class Uncomparable(str):
    """A string that refuses `==` and hashing, because the time they take depends on the content."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> NoReturn:
        raise AssertionError("compared in a time that depends on the content")

    __ne__ = __eq__


def test_a_digest_is_compared_in_constant_time() -> None:
    secret = make_secret()
    assert matches_digest(Uncomparable(digest_of(secret)), secret)
    assert not matches_digest(Uncomparable(digest_of(secret)), make_secret())


def test_every_character_of_a_digest_counts() -> None:
    secret = make_secret()
    digest = digest_of(secret)
    for place in range(len(digest)):
        other = "0" if digest[place] != "0" else "1"
        assert not matches_digest(digest[:place] + other + digest[place + 1 :], secret)
    assert not matches_digest(digest[:-1], secret)
    assert not matches_digest("", secret)
