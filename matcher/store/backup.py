"""Back up the database to a single file, even while it is in use, and restore the database from a backup.

A SQLite database is copied page by page. A PostgreSQL database is copied with `pg_dump` and `pg_restore`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

from matcher.foundations import atomic_files, owner_only
from matcher.foundations.errors import InvalidInput, Place, Unavailable
from matcher.store.schema import SCHEMA_VERSION

_SQLITE_HEADER: Final = b"SQLite format 3\0"
_POSTGRES_HEADER: Final = b"PGDMP"
# Number of seconds that a copy waits for a writer to finish.
_WAIT_SECONDS: Final = 30.0
_DEBIAN_PROGRAMS: Final = "/usr/lib/postgresql"


def back_up(url: str, file: Path) -> None:
    """Write a consistent copy of the database at `url` to `file`. If this fails, `file` is unchanged.

    Raises:
        Unavailable: the database cannot be read, `file` cannot be written, or `pg_dump` is not installed.

    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_files.replacing(file) as part:
            if (parsed := make_url(url)).get_backend_name() == "sqlite":
                _copy(_sqlite_file(parsed), part)
            else:
                _run("pg_dump", parsed, "--format=custom", f"--file={part}")
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be written: {error.strerror}", remedy="Choose another place with enough space"
        ) from error


def restore(file: Path, url: str) -> None:
    """Replace everything in the database at `url` with the contents of `file`. If this fails, nothing changes.

    A service that has the database open continues with the restored contents.

    Raises:
        InvalidInput: `file` is not a backup of this kind of database, is damaged, or is from a newer version.
        Unavailable: the database cannot be written, or `pg_restore` is not installed.

    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _check_sqlite(file)
        target = _sqlite_file(parsed)
        target.parent.mkdir(mode=owner_only.FOLDER, parents=True, exist_ok=True)
        if not target.exists():
            owner_only.create(target)
        _copy(file, target)
    else:
        _check_header(file, _POSTGRES_HEADER, "PostgreSQL")
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run("pg_restore", parsed, *options, str(file))


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise InvalidInput("a database in memory has no file", remedy="Set MATCHER_DATABASE_URL to a database on disk")
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(_read_only(source)) as read, closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as written:
            read.backup(written)
    except sqlite3.Error as error:
        raise Unavailable(
            f"{source} cannot be copied to {target}: {error}",
            remedy="Check that no other process is writing to the database and that the disk has space",
        ) from error


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _check_sqlite(file: Path) -> None:
    _check_header(file, _SQLITE_HEADER, "SQLite")
    try:
        with closing(_read_only(file)) as read:
            damage = read.execute("PRAGMA integrity_check(1)").fetchone()[0]
            version = read.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except (sqlite3.Error, TypeError) as error:
        raise _not_usable(file, f"is damaged, or is not a backup made by this program: {error}") from error
    if damage != "ok":
        raise _not_usable(file, f"is damaged: {damage}")
    if version > SCHEMA_VERSION:
        raise _not_usable(file, f"has schema {version}, but this version only supports schemas up to {SCHEMA_VERSION}")


def _check_header(file: Path, header: bytes, kind: str) -> None:
    try:
        with file.open("rb") as content:
            start = content.read(len(header))
    except OSError as error:
        raise _not_usable(file, f"cannot be read: {error.strerror}") from error
    if start != header:
        raise _not_usable(file, f"is not a backup of a {kind} database")


def _not_usable(file: Path, problem: str) -> InvalidInput:
    return InvalidInput(problem, remedy="Use a file created by matcher backup", place=Place(file=str(file)))


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a PostgreSQL program. Pass the password in an environment variable, where other users cannot see it."""
    address = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=url.query
    )
    command = [_program(program), f"--dbname={address.render_as_string(hide_password=False)}", *arguments]
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(
            f"{program} failed: {reason}", remedy="Check the database address, and that the database is running"
        )


def _program(name: str) -> str:
    """Return the path of the PostgreSQL program `name`. If it is not on the PATH, use Debian's newest version."""
    versions = sorted(Path(_DEBIAN_PROGRAMS).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    path = shutil.which(name) or (str(versions[-1]) if versions else None)
    if path is None:
        raise Unavailable(f"{name} is not installed", remedy="Install it (Debian: apt-get install postgresql-client)")
    return path
