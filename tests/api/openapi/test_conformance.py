"""The service conforms to its OpenAPI document, for every role and any request.

schemathesis generates the requests from the examples, from the boundary values of every schema, at random, and in
sequences. All its checks are enabled. `MATCHER_SCHEMA_EXAMPLES=50` generates more requests, in every phase for every
role.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create
from matcher.accounts import Role
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.people import People
from tests.api.support.server import served_app

EXAMPLES = os.environ.get("MATCHER_SCHEMA_EXAMPLES")
# The boundary values of every schema take about 2,400 requests. By default, only one role makes these requests.
EDGES = Role.SUPPLIER
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, People]]:
    """The port of a service with accounts, and the people who hold the accounts."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), access="keys", rate_limit="none")
    app = create(settings, engine_of=fake_engine)
    with served_app(app) as port:
        yield port, People(app.state.service.store)


@pytest.mark.parametrize("role", Role)
def test_the_service_conforms_to_its_document(served: tuple[int, People], tmp_path: Path, role: Role) -> None:
    port, people = served
    phases = "examples,coverage,fuzzing,stateful" if EXAMPLES or role is EDGES else "examples,fuzzing,stateful"
    options = {
        "header": f"Authorization: Bearer {people.roles[role].key}",
        "checks": "all",
        "phases": phases,
        "max-examples": EXAMPLES or "2",
        "seed": "1",
        "request-timeout": "60",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "run", *arguments]
    command += ["--no-color", f"http://127.0.0.1:{port}/openapi.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    counts = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert counts is not None, done.stdout[-2_000:]
    assert int(counts[1]) == int(counts[2]) > 100
