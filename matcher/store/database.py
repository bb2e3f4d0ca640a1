"""Connections to SQLite or PostgreSQL that behave in the same way and raise errors that a user can act on."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, StaticPool, create_engine, event, exc, make_url, text

from matcher.foundations.errors import InvalidInput, MatcherError, Unavailable
from matcher.store.database_file import DatabaseFile

# Number of seconds that a connection waits for another writer.
WAIT_SECONDS: Final = 30.0
# Number of the advisory lock on PostgreSQL. Other programs must not use the same number in this database.
_SCHEMA_LOCK: Final = 7_269_313_501
_CONNECT_SECONDS: Final = 10

_URL_REMEDY: Final = "Use sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"


class Database:
    """A database. `reading` and `writing` provide a connection in a transaction.

    In a thread that is writing, `reading` provides the writer's connection, so that the thread sees its own
    writes. A SQLite database in memory has a single connection, which threads use in turn. `erasures_file` is the file
    that lists erasures outside the database, if there is one.
    """

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS, erasures_file: Path | None = None) -> None:
        self.erasures_file = erasures_file
        self._url = _parse(url)
        self._wait = wait_seconds
        self._memory = is_memory(self._url)
        self._file = DatabaseFile.of(self._url)
        self._lock: AbstractContextManager[Any] = threading.RLock() if self._memory else nullcontext()
        self._local = threading.local()
        self._engine = self._create_engine()

    @property
    def url(self) -> str:
        """The full URL, including any password."""
        return self._url.render_as_string(hide_password=False)

    @property
    def display_url(self) -> str:
        """The URL to show in messages, without the password and query."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is SQLite rather than PostgreSQL."""
        return self._url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a connection for reading.

        Raises:
            Unavailable: the database cannot be reached or used.

        """
        if (connection := self._writing_here()) is not None:
            yield connection
            return
        with self._lock, self._explain_errors(), self._engine.connect() as connection:
            self._check_file()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Provide a connection for writing. Commit at the end, or roll back if an exception is raised.

        Raises:
            Unavailable: the database cannot be used, its file was replaced, or another process was writing for too
                long.
            MatcherError: this thread is already writing, and would wait for itself.

        """
        if self._writing_here() is not None:
            raise MatcherError("this thread is already writing to the store")
        with self._lock, self._explain_errors(), self._engine.connect() as connection, _begin_writing(connection):
            self._check_file()
            if not self.is_sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = {int(self._wait * 1000)}"))
            self._local.connection = connection
            try:
                yield connection
            finally:
                self._local.connection = None
            self._check_file()

    @contextmanager
    def joining(self) -> Iterator[Connection]:
        """Provide the connection on which this thread is writing, or open a connection as `writing` does."""
        if (connection := self._writing_here()) is not None:
            yield connection
            return
        with self.writing() as connection:
            yield connection

    def lock_schema(self, connection: Connection) -> None:
        """Lock out migrations by other processes until this transaction ends. SQLite allows only one writer anyway."""
        if not self.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))

    def prepare(self) -> None:
        """Check the encoding of a PostgreSQL database, or make a SQLite file owner-only and use write-ahead logging.

        Raises:
            Unavailable: the database cannot be reached, or a PostgreSQL database does not use UTF-8.

        """
        if self.is_sqlite:
            self._write_ahead()
            if self._file is not None:
                self._file.tighten()
            return
        with self.reading() as connection:
            encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise Unavailable(
                f"the database {self.display_url} stores text as {encoding}, not UTF8",
                remedy="Create it with: createdb --encoding=UTF8 --template=template0 NAME",
            )

    def empty_log(self) -> None:
        """Move SQLite's write-ahead log into the database file and empty the log, unless a reader prevents this."""
        if self.is_sqlite and not self._memory:
            with suppress(Unavailable):
                self._pragma("PRAGMA wal_checkpoint(TRUNCATE)")

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def _writing_here(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    def _write_ahead(self) -> None:
        """Switch a SQLite file to write-ahead logging. Retry while the file is locked, because SQLite does not wait."""
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
        """Return whether the SQLite database is usable: a plain read succeeds, or fails only because of a lock."""
        try:
            self._pragma("PRAGMA schema_version")
        except Unavailable as error:
            return "locked" in error.problem
        return True

    def _pragma(self, statement: str) -> Any:
        """Run a PRAGMA outside any transaction. Return the first value in the result, or None if there is none."""
        with self._explain_errors():
            pooled = self._engine.raw_connection()
            try:
                cursor = pooled.cursor()
                cursor.execute(statement)
                row = cursor.fetchone()
                cursor.close()
            finally:
                pooled.close()
        return row[0] if row else None

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        try:
            yield
        # SQLAlchemy does not wrap a sqlite3.Error that is raised while a connection is set up.
        except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
            if not _is_failure_of_service(error):
                raise
            raise _unavailable(error, self.display_url) from error

    def _create_engine(self) -> Any:
        options: dict[str, Any] = {}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": self._wait, "check_same_thread": False}
        else:
            options["connect_args"] = {"connect_timeout": self._url.query.get("connect_timeout", _CONNECT_SECONDS)}
            options["pool_pre_ping"] = True
        if self._memory:
            options["poolclass"] = StaticPool
        try:
            engine = create_engine(self._url, **options)
        except (exc.ArgumentError, TypeError) as error:
            raise InvalidInput(f"{self.display_url} is not a database URL", remedy=_URL_REMEDY) from error
        except ImportError as error:
            raise Unavailable(
                f"the driver for {self._url.drivername} is not installed",
                remedy="Install it with: pip install 'partnership-matcher[postgres]'",
            ) from error
        if self.is_sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine


def is_memory(url: URL) -> bool:
    """Return whether `url` refers to a SQLite database in memory."""
    in_memory = url.database in (None, "", ":memory:", "file::memory:") or url.query.get("mode") == "memory"
    return url.get_backend_name() == "sqlite" and in_memory


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise InvalidInput("this is not a database URL", remedy=_URL_REMEDY) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise InvalidInput(f"{parsed.get_backend_name()} databases are not supported", remedy=_URL_REMEDY)
    return parsed


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "recursive_triggers = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_writing(connection: Connection) -> AbstractContextManager[Any]:
    return connection.execution_options(matcher_writes=True).begin()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at the start, because SQLite does not wait if a transaction requests a lock later.
    immediate = connection.get_execution_options().get("matcher_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _is_failure_of_service(error: Exception) -> bool:
    """Return whether `error` means that the database cannot be used, rather than that a statement is wrong."""
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | sqlite3.OperationalError):
        return True
    cause = getattr(error, "orig", error)
    no_database = type(cause) is sqlite3.DatabaseError  # the file is not a database, or is damaged
    return no_database or getattr(cause, "sqlstate", None) == "42501"  # the user lacks a permission


def _unavailable(error: Exception, display_url: str) -> Unavailable:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if "locked" in reason or "lock timeout" in reason:
        remedy = "Another process is writing to the database. Try again later"
    elif isinstance(error, exc.TimeoutError):
        remedy = "Too many requests are in progress. Try again later"
    elif "not a database" in reason or "malformed" in reason:
        remedy = "Choose another file, or restore the database from a backup"
    elif "readonly" in reason or "permission" in reason.lower():
        remedy = "Allow this user to write to the database"
    elif "full" in reason:
        remedy = "Free some disk space"
    else:
        remedy = "Check the URL, and that the database exists and is running"
    return Unavailable(f"the database {display_url} cannot be used: {reason}", remedy=remedy)
