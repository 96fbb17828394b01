"""Two PostgreSQL servers of one's own: a primary, and a streaming replica that follows it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from tests.postgresql import (
    SETTINGS,
    find_binaries,
    make_cluster,
    plain,
    private_folder,
    run,
    started,
)
from tests.scratch import in_memory

FOLLOW_SECONDS = 20
STREAMING = {
    **SETTINGS,
    "wal_level": "logical",  # what a replica needs, and a publication besides
    "synchronous_commit": "on",  # else the newest commit is not yet in what is streamed
    "max_wal_senders": "6",
    "wal_keep_size": "64MB",
    "hot_standby_feedback": "on",
}


def wait_until(has_followed: Callable[[], bool]) -> None:
    """Until one server shows what another holds."""
    deadline = time.monotonic() + FOLLOW_SECONDS
    while not has_followed():
        assert time.monotonic() < deadline, "it does not follow"
        time.sleep(0.02)


class Pair:
    """A primary, and a replica that can be stopped and made anew."""

    def __init__(self, binaries: Path, primary: URL, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self.primary = primary
        self.replica = primary.set(query={"host": str(folder)})
        self._running = ExitStack()

    def start_replica(self) -> None:
        """A copy of the primary as it is now, which follows it from here on."""
        data = self._running.enter_context(private_folder(in_memory() or "/tmp"))
        run(self._binaries / "pg_basebackup", "--pgdata", data, "--write-recovery-conf",
            "--wal-method=stream", "--checkpoint=fast", "--no-sync",
            "--host", str(self.primary.query["host"]), "--username=postgres")  # fmt: skip
        self._running.enter_context(started(self._binaries, self._folder, data, STREAMING))

    def stop_replica(self) -> None:
        """Its files are gone with it."""
        self._running.close()

    def wait_for_replay(self) -> None:
        """Until the replica shows what the primary holds now."""
        position = self.ask(self.primary, "SELECT pg_current_wal_lsn()")
        shown = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        wait_until(lambda: bool(self.ask(self.replica, shown)))

    def ask(self, server: URL, statement: str) -> Any:
        """The one value of a statement, as the server's administrator."""
        with psycopg.connect(plain(server), autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return (answer.fetchone() or (None,))[0] if answer.description else None


@contextmanager
def running_pair() -> Iterator[Pair]:
    """Both servers, listening on sockets in private folders only; they end with the tests."""
    with private_folder("/tmp") as folder, running_server() as (binaries, primary):
        pair = Pair(binaries, primary, folder)
        try:
            pair.start_replica()
            yield pair
        finally:
            pair.stop_replica()


@contextmanager
def running_server() -> Iterator[tuple[Path, URL]]:
    """A server of one's own that others may follow, and the folder of its programs."""
    with private_folder("/tmp") as folder, private_folder(in_memory() or "/tmp") as data:
        binaries = find_binaries(folder)
        make_cluster(binaries, data)
        with started(binaries, folder, data, STREAMING) as address:
            yield binaries, address
