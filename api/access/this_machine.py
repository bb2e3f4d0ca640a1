"""Requests that come directly from a person or a program on this machine."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from matcher.foundations.settings import is_loopback

_FORWARDING_HEADERS: Final = ("forwarded", "x-forwarded-for")
# A browser sends these values of Sec-Fetch-Site with requests from pages on other sites.
_OTHER_SITES: Final = ("cross-site", "same-site")


def comes_from_this_machine(request: Request) -> bool:
    """Return whether `request` comes from this machine, was not forwarded, and was not caused by a web page elsewhere.

    Any web page can make the browsers of its visitors send requests to 127.0.0.1. Browsers then name the page as
    the origin. Or the page's own name may resolve to 127.0.0.1 (DNS rebinding): then the request is addressed to that
    name, so only the names and addresses that always mean this machine are accepted.
    """
    headers = request.headers
    if any(name in headers for name in _FORWARDING_HEADERS) or headers.get("sec-fetch-site") in _OTHER_SITES:
        return False
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(_without_port(hosts[0])):
        return False
    own_origins = (f"http://{hosts[0]}", f"https://{hosts[0]}")
    if any(origin not in own_origins for origin in headers.getlist("origin")):
        return False
    return request.client is not None and is_loopback(request.client.host)


def _without_port(host: str) -> str:
    """Return the name or IP address in the Host header `host`, or "" if it is not valid."""
    if not host.isascii():  # a long run of combining marks would take quadratic time
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
