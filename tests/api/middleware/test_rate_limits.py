"""How many requests one caller may make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create
from api.middleware.rate_limits import parse_rate
from matcher.foundations.errors import InvalidInput
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.checks import problem
from tests.api.support.clients import local_client


@contextmanager
def limited(home: Path, rate: str, address: str = "127.0.0.1", proxies: str = "") -> Iterator[TestClient]:
    settings = Settings(home=home, rate_limit=rate, access="open", proxies=proxies)
    with local_client(create(settings, engine_of=fake_engine), client=(address, 50000)) as client:
        yield client


def test_a_caller_over_the_limit_is_told_how_long_to_wait(tmp_path: Path) -> None:
    with limited(tmp_path, "5/hour") as client:
        answers = [client.get("/v1/caller") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        refused = problem(answers[-1], 429)
        assert refused["type"] == "/problems/too-many-requests"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
        assert "X-Request-ID" in answers[-1].headers
        assert client.get("/healthz").status_code == 200, "health checks are exempt"


def test_inventing_keys_gains_no_extra_allowance(tmp_path: Path) -> None:
    with limited(tmp_path, "5/hour") as client:
        answers = [client.get("/v1/caller", headers={"Authorization": f"Bearer mk_{n}"}) for n in range(8)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3


def statuses(client: TestClient, number: int) -> list[int]:
    """Send requests that claim to be forwarded, each for another caller, and return their status codes."""
    return [
        client.get("/v1/caller", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(1, number + 1)
    ]


@pytest.mark.parametrize("proxies", ["", "10.0.0.9", "10.1.0.0/16"])
def test_inventing_forwarded_addresses_gains_no_extra_allowance(tmp_path: Path, proxies: str) -> None:
    for address in ("127.0.0.1", "10.0.0.5"):
        with limited(tmp_path, "5/hour", address, proxies) as client:
            assert statuses(client, 8) == [401] * 5 + [429] * 3


@pytest.mark.parametrize("proxies", ["10.0.0.5", " 127.0.0.1 , 10.0.0.0/24,"])
def test_a_named_proxy_says_who_is_calling(tmp_path: Path, proxies: str) -> None:
    with limited(tmp_path, "5/hour", "10.0.0.5", proxies) as client:
        assert statuses(client, 8) == [401] * 8
        chains = [{"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.99"} for n in range(8)]
        answers = [client.get("/v1/caller", headers=chain).status_code for chain in chains]
        assert answers == [401] * 5 + [429] * 3, "what the caller claims before the proxy's own entry does not count"


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.5/8", "10.0.0.5;10.0.0.6"])
def test_a_proxy_must_be_named_by_its_address(proxies: str) -> None:
    with pytest.raises(ValidationError, match="is not an IP address or a network"):
        Settings(proxies=proxies)


def test_without_a_limit_no_request_is_refused(tmp_path: Path) -> None:
    with limited(tmp_path, "none") as client:
        assert {client.get("/v1/caller").status_code for _ in range(50)} == {200}


def test_an_invalid_rate_is_reported(tmp_path: Path) -> None:
    assert str(parse_rate("10/second")) == "10 per 1 second"
    with pytest.raises(InvalidInput, match="MATCHER_RATE_LIMIT"):
        parse_rate("often")
    with pytest.raises(InvalidInput, match="1200/minute"), limited(tmp_path, "often"):
        pass
