"""Fixtures that all tests share: a PostgreSQL server, stores, an encoder, real data."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

from matcher.embedding import SentenceEncoder, packaged_model
from matcher.foundations.settings import Settings
from matcher.store import Store
from tests.support.commands import Command, command_in, tiny_model
from tests.support.strategies import WORDS

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def _no_settings() -> Iterator[None]:
    """Hide the user's settings from the tests, so that no test reaches a register in use.

    The second reading takes longer than all the rest of a search, so it is off except in tests about it.
    """
    chosen = {f"MATCHER_{name.upper()}" for name in Settings.model_fields}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper() in chosen]:
            patch.delenv(name)
        patch.setenv("MATCHER_SECOND_READING", "0")
        yield


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A umask that lets everybody read and write new files."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public records next to the checkout. The test is skipped if the folder is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder ../shared/data with real records is not there")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: `MATCHER_TEST_POSTGRES`, or a server started for the tests."""
    if url := os.environ.get("MATCHER_TEST_POSTGRES"):
        yield url
        return
    if (programs := _postgres_programs()) is None:
        if os.environ.get("MATCHER_REQUIRE_POSTGRES") == "1":
            pytest.fail("MATCHER_REQUIRE_POSTGRES is set, but PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="matcher-postgres-"))
    port = _free_port()
    try:
        folder.chmod(0o700)
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
        data = str(folder / "data")
        _as_server_user([f"{programs}/initdb", "-D", data, "-U", "matcher", "-A", "trust", "-E", "UTF8", "--no-sync"])
        options = f"-p {port} -k {folder} -h 127.0.0.1 -F"
        _as_server_user([f"{programs}/pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start"])
        try:
            yield f"postgresql+psycopg://matcher@127.0.0.1:{port}/postgres"
        finally:
            _as_server_user([f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite file", "sqlite memory", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return "sqlite://" if request.param == "sqlite memory" else f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(params=["sqlite file", "postgresql"])
def server_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind that several processes can open."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, on each kind of database in turn."""
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a SQLite file."""
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def _postgres_programs() -> Path | None:
    """Return the program folder of the newest installed PostgreSQL server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    return Path(beside).parent if (beside := shutil.which("initdb")) else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_server_user(command: list[str]) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    # The output is not captured in pipes, because the server would inherit the pipes and keep them open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([*prefix, *command], stdout=output, stderr=output, cwd="/", check=False)
        output.seek(0)
        assert done.returncode == 0, output.read().decode()


# A generated case must not fail because the machine is busy.
settings.register_profile("matcher", deadline=None)
settings.load_profile("matcher")


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence encoder that loads quickly."""
    return tiny_model(tmp_path_factory.mktemp("encoder"), list(WORDS))


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_encoder: Path
) -> Command:
    """The command line with its own home and the tiny encoder."""
    monkeypatch.setenv("MATCHER_ENCODER", str(tiny_encoder))
    return command_in(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture(scope="session")
def real_encoder() -> SentenceEncoder:
    """The packaged encoder. All tests share it because it loads slowly."""
    return SentenceEncoder(packaged_model(), device="cpu")
