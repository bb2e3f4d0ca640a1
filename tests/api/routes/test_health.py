"""Liveness and readiness while the service starts, fails and stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from api.app import create
from matcher.bootstrap import opened_store
from matcher.embedding import Progress
from matcher.foundations.arrays import Vectors
from matcher.foundations.settings import Settings
from matcher.index import Snapshots
from matcher.records import Profile
from matcher.search.engine import Engine
from matcher.store import Store
from tests.api.conftest import fake_engine, wait_until_ready
from tests.api.support.checks import found_ids, problem, put_profile
from tests.api.support.clients import local_client
from tests.support.fakes import WordEncoder, engine_over


class HeldEncoder(WordEncoder):
    """Waits for `go` before encoding, then raises `fault` once, if one is set."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.go = threading.Event()
        self.fault = fault

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        while not self.go.wait(0.01):
            if progress is not None:
                progress(0)
        if (fault := self.fault) is not None:
            self.fault = None
            raise fault
        return super().encode(texts, progress)


class OneEngine:
    """Opens an engine over `encoder`."""

    def __init__(self, encoder: WordEncoder) -> None:
        self.encoder = encoder

    @contextmanager
    def __call__(self, settings: Settings) -> Iterator[Engine]:
        with opened_store(settings) as store:
            yield engine_over(store, encoder=self.encoder, snapshots=Snapshots(settings.index_folder))


def stock(settings: Settings, count: int = 1) -> None:
    with opened_store(settings) as store, store.writing() as writer:
        writer.put_many([(Profile(id=f"p{i}", name=f"Steps {i}"), None) for i in range(count)])


def test_the_service_is_up_immediately_and_ready_when_loaded(settings: Settings) -> None:
    stock(settings)
    encoder = HeldEncoder()
    with local_client(create(settings, engine_of=OneEngine(encoder))) as client:
        assert client.get("/healthz").json() == {"status": "up"}
        answer = client.get("/readyz")
        body = problem(answer, 503)
        assert answer.headers["retry-after"] == "5"
        assert [error["field"] for error in body["errors"]] == ["index", "encoder"]
        searched = client.post("/v1/search", json={"text": "steps"})
        problem(searched, 503)
        assert searched.headers["retry-after"] == "5"
        assert client.get("/v1/profiles/p0").status_code == 200

        encoder.go.set()
        wait_until_ready(client)
        assert client.get("/readyz").json() == {"status": "ready"}
        assert found_ids(client, "steps") == ["p0"]


def test_loading_is_retried_after_a_failure(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    stock(settings)
    encoder = HeldEncoder(fault=RuntimeError("secret cause"))
    encoder.go.set()
    with local_client(create(settings, engine_of=OneEngine(encoder))) as client:
        wait_until_ready(client)
    assert "secret cause" in caplog.text


def test_stopping_does_not_wait_for_the_index(settings: Settings) -> None:
    stock(settings)
    with local_client(create(settings, engine_of=OneEngine(HeldEncoder()))) as client:
        problem(client.get("/readyz"), 503)
    assert not (settings.index_folder / "CURRENT").exists()


def test_the_index_is_saved_on_stop_and_loaded_on_start(settings: Settings) -> None:
    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
        put_profile(client, "a", "Steady Steps")
    assert (settings.index_folder / "CURRENT").is_file()

    encoder = WordEncoder()
    with local_client(create(settings, engine_of=OneEngine(encoder))) as client:
        wait_until_ready(client)
        assert "Steady Steps" not in encoder.encoded
        assert found_ids(client, "steady") == ["a"]


def test_the_service_stops_even_if_the_snapshot_cannot_be_saved(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.home.mkdir()
    settings.index_folder.write_text("in the way")
    with local_client(create(settings, engine_of=fake_engine)) as client:
        wait_until_ready(client)
    assert "cannot write the index" in caplog.text


def test_the_service_catches_up_with_changes_of_another_process(client: TestClient, settings: Settings) -> None:
    stock(settings, count=3)
    wait_until_ready(client)
    assert len(found_ids(client, "steps")) == 3


def test_without_a_database_the_service_is_up_but_not_ready(
    client: TestClient, register: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    register.close()  # drops the connections, so that the file is opened again
    for path in settings.home.glob("register.sqlite*"):
        path.unlink()
    (settings.home / "register.sqlite").mkdir()

    assert client.get("/healthz").status_code == 200
    body = problem(client.get("/readyz"), 503)
    assert [error["field"] for error in body["errors"]] == ["database"]
    for answer in (
        client.get("/v1/profiles/a"),
        client.put("/v1/profiles/a", json={"name": "Steps"}),
        client.delete("/v1/profiles/a"),
        client.get("/v1/needs"),
        client.post("/v1/search", json={"text": "steps"}),
    ):
        problem(answer, 503)
        assert answer.headers["retry-after"] == "5"
        assert str(settings.home) not in answer.text
        assert "sqlite" not in answer.text
    assert str(settings.home) in caplog.text
