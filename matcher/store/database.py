"""Database: connections to SQLite or PostgreSQL, set up alike, with failures put in the user's words."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final

from sqlalchemy import URL, Connection, StaticPool, create_engine, event, exc, make_url, text

from matcher.foundations.errors import InvalidInput, MatcherError, Unavailable

# How long a connection waits for another writer before it gives up, in seconds.
WAIT_SECONDS: Final = 30.0
# Any number that no other program on the same PostgreSQL database takes for its own lock.
_SCHEMA_LOCK: Final = 7_269_313_501
_CONNECT_SECONDS: Final = 10

_URL_REMEDY: Final = "Give sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"


class Database:
    """One database: `reading` and `writing` hand out a connection in a transaction.

    In the thread that is writing, `reading` gives the writer's connection, so that it sees its own writes.
    SQLite in memory is a single connection, which threads take in turn.
    """

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url = _parse(url)
        self._wait = wait_seconds
        self._memory = is_memory(self._url)
        self._turn: AbstractContextManager[Any] = threading.RLock() if self._memory else nullcontext()
        self._mine = threading.local()
        self._engine = self._create_engine()

    @property
    def url(self) -> str:
        """The address as given, with its password."""
        return self._url.render_as_string(hide_password=False)

    @property
    def shown(self) -> str:
        """The address without anything secret, for messages."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    @property
    def sqlite(self) -> bool:
        """Whether it is SQLite, not PostgreSQL."""
        return self._url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading.

        Raises:
            Unavailable: the database cannot be reached or used.

        """
        if (mine := self._writing_here()) is not None:
            yield mine
            return
        with self._turn, self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection for writing; commit at the end, roll back when an exception passes.

        Raises:
            Unavailable: as for `reading`, or another writer held the database too long.
            MatcherError: this thread is writing already, and would wait for itself.

        """
        if self._writing_here() is not None:
            raise MatcherError("this thread is already writing to the store")
        with self._turn, self._explained(), self._engine.connect() as connection, _begin_writing(connection):
            if not self.sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = {int(self._wait * 1000)}"))
            self._mine.connection = connection
            try:
                yield connection
            finally:
                self._mine.connection = None

    @contextmanager
    def joining(self) -> Iterator[Connection]:
        """Give the connection that this thread is writing on; where it is not writing, as `writing` does."""
        if (mine := self._writing_here()) is not None:
            yield mine
            return
        with self.writing() as connection:
            yield connection

    def lock_schema(self, connection: Connection) -> None:
        """Keep other processes from migrating until this transaction ends; SQLite's writer is alone anyway."""
        if not self.sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))

    def prepare(self) -> None:
        """Check or set, once a database, what does not belong to a connection.

        Raises:
            Unavailable: the database cannot be reached, or a PostgreSQL database is not in UTF-8.

        """
        if self.sqlite:
            self._write_ahead()
            return
        with self.reading() as connection:
            encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise Unavailable(
                f"the database {self.shown} keeps text as {encoding}, not UTF8",
                remedy="Create it with: createdb --encoding=UTF8 --template=template0 NAME",
            )

    def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the database file and empty it, where no reader is in the way."""
        if self.sqlite and not self._memory:
            with suppress(Unavailable):
                self._pragma("PRAGMA wal_checkpoint(TRUNCATE)")

    def _writing_here(self) -> Connection | None:
        return getattr(self._mine, "connection", None)

    def _write_ahead(self) -> None:
        """Switch a SQLite file to write-ahead logging. SQLite does not wait for its turn here, so we do."""
        deadline = time.monotonic() + self._wait
        while True:
            try:
                if self._memory or self._pragma("PRAGMA journal_mode") == "wal":
                    return
                self._pragma("PRAGMA journal_mode = WAL")
            except Unavailable:
                if time.monotonic() > deadline or not self._busy():
                    raise
            time.sleep(0.02)

    def _busy(self) -> bool:
        """Whether the SQLite database is merely in use: a plain read of it works or is told to wait."""
        try:
            self._pragma("PRAGMA schema_version")
        except Unavailable as error:
            return "locked" in error.problem
        return True

    def _pragma(self, statement: str) -> Any:
        """Run a PRAGMA outside any transaction and return the first value of its answer."""
        with self._explained():
            borrowed = self._engine.raw_connection()
            try:
                cursor = borrowed.cursor()
                cursor.execute(statement)
                row = cursor.fetchone()
                cursor.close()
            finally:
                borrowed.close()
        return row[0] if row else None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        # sqlite3's own: SQLAlchemy does not wrap what fails while a connection is set up.
        except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
            if not _is_failure_of_service(error):
                raise
            raise _unavailable(error, self.shown) from error

    def _create_engine(self) -> Any:
        options: dict[str, Any] = {}
        if self.sqlite:
            options["connect_args"] = {"timeout": self._wait, "check_same_thread": False}
        else:
            options["connect_args"] = {"connect_timeout": self._url.query.get("connect_timeout", _CONNECT_SECONDS)}
            options["pool_pre_ping"] = True
        if self._memory:
            options["poolclass"] = StaticPool
        try:
            engine = create_engine(self._url, **options)
        except (exc.ArgumentError, TypeError) as error:
            raise InvalidInput(f"{self.shown} is not the address of a database", remedy=_URL_REMEDY) from error
        except ImportError as error:
            raise Unavailable(
                f"the driver for {self._url.drivername} is not installed",
                remedy="Install it with: pip install 'partnership-matcher[postgres]'",
            ) from error
        if self.sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine


def is_memory(url: URL) -> bool:
    """Whether `url` is a SQLite database in memory."""
    in_memory = url.database in (None, "", ":memory:", "file::memory:") or url.query.get("mode") == "memory"
    return url.get_backend_name() == "sqlite" and in_memory


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise InvalidInput("this is not the address of a database", remedy=_URL_REMEDY) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise InvalidInput(f"{parsed.get_backend_name()} is not a database this program knows", remedy=_URL_REMEDY)
    return parsed


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "recursive_triggers = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_writing(connection: Connection) -> AbstractContextManager[Any]:
    return connection.execution_options(matcher_writes=True).begin()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that only finds out at its first write cannot wait its turn.
    immediate = connection.get_execution_options().get("matcher_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _is_failure_of_service(error: Exception) -> bool:
    """Whether the database could not be used, as opposed to a mistake in what we asked of it."""
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | sqlite3.OperationalError):
        return True
    cause = getattr(error, "orig", error)
    no_database = type(cause) is sqlite3.DatabaseError  # not a database, or a damaged one
    return no_database or getattr(cause, "sqlstate", None) == "42501"  # no permission


def _unavailable(error: Exception, shown: str) -> Unavailable:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if "locked" in said or "lock timeout" in said:
        remedy = "Another process is writing to it; try again when it has finished"
    elif isinstance(error, exc.TimeoutError):
        remedy = "Too much is going on at once; try again"
    elif "not a database" in said or "malformed" in said:
        remedy = "Give the path of another file, or restore this one from a backup"
    elif "readonly" in said or "permission" in said.lower():
        remedy = "Give this user the right to write to it"
    elif "full" in said:
        remedy = "Make room on the disk"
    else:
        remedy = "Check the address, and that the database is there and running"
    return Unavailable(f"the database {shown} cannot be used: {said}", remedy=remedy)
