"""Concurrent requests: nothing is lost, and readers see consistent revisions."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from matcher.store import Store
from tests.api.support.checks import found_ids, put_profile

THREADS, TURNS = 32, 6


def test_concurrent_writes_and_searches_lose_nothing(client: TestClient, register: Store) -> None:
    def work(thread: int) -> list[str]:
        chance = random.Random(thread)
        remaining = []
        for turn in range(TURNS):
            id = f"t{thread}/{turn}"
            word = f"word{thread}x{turn}"
            put_profile(client, id, word, f"{word} for everyone")
            assert found_ids(client, word, top=3)[0] == id
            if chance.random() < 0.25:
                assert client.delete(f"/v1/profiles/{id}").status_code == 204
                assert id not in found_ids(client, word, top=1000)
            else:
                remaining.append(id)
        return remaining

    with ThreadPoolExecutor(THREADS) as pool:
        remaining = sorted(id for ids in pool.map(work, range(THREADS)) for id in ids)

    assert register.counts()["profiles"] == len(remaining)
    assert sorted(found_ids(client, "everyone", top=1000)) == remaining
    written = THREADS * TURNS + THREADS * TURNS - len(remaining)
    assert register.sequence() == written
    assert client.get("/readyz").status_code == 200


def test_readers_see_consistent_revisions_during_writes(client: TestClient) -> None:
    put_profile(client, "a", "Steps 0", "summary 0")

    def write(number: int) -> None:
        put_profile(client, "a", f"Steps {number}", f"summary {number}")

    def read(_: int) -> None:
        answer = client.get("/v1/profiles/a")
        assert answer.json()["name"].split()[1] == answer.json()["summary"].split()[1]
        result = client.post("/v1/search", json={"text": "steps summary"}).json()["results"]
        assert [match["profile_id"] for match in result] == ["a"]
        quoted = {quote["text"].split()[1] for quote in result[0]["evidence"]}
        assert quoted == {result[0]["name"].split()[1]}

    tasks: list[Callable[[int], None]] = [write, read, read, read]
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(tasks[number % 4], number) for number in range(120)]:
            done.result()
