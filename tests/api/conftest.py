"""A running service over an empty register, with a fake encoder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from matcher.bootstrap import opened_store
from matcher.foundations.settings import Settings
from matcher.index import Snapshots
from matcher.search.engine import Engine
from matcher.store import Store
from tests.api.support.clients import local_client
from tests.api.support.people import People
from tests.api.support.served import Served, routes_of
from tests.support.fakes import engine_over


@contextmanager
def fake_engine(settings: Settings) -> Iterator[Engine]:
    """Open an engine as the service does, but with a fake encoder."""
    with opened_store(settings) as store:
        yield engine_over(store, snapshots=Snapshots(settings.index_folder))


def wait_until_ready(client: TestClient) -> None:
    deadline = time.monotonic() + 60
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, client.get("/readyz").text
        time.sleep(0.02)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", rate_limit="none")


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of a service that is ready for requests."""
    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture
def register(client: TestClient) -> Store:
    """The store of the service behind `client`."""
    store: Store = client.app.state.service.store  # type: ignore[attr-defined]
    return store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    app = create(Settings(home=tmp_path_factory.mktemp("home"), rate_limit="none"), engine_of=fake_engine)
    with local_client(app) as client:
        wait_until_ready(client)
        yield Served(client, People(app.state.service.store), routes_of(app))
