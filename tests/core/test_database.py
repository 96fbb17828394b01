"""A locked database, a full disk, a program killed in the middle of saving: nothing said to be
kept is lost, what was typed comes back, and no restart is needed.
"""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from casework.confidential.contacts.models import Contact
from casework.core import audit, database
from casework.core.audit import AuditEntry
from casework.core.database import SQLITE_PRAGMAS, db
from casework.core.operations import Operation
from tests.cast import PEPPER
from tests.conftest import Program
from tests.page import Page, Visitor

ROOT = Path(__file__).parents[2]
KILLS, WRITERS = 50, 3
NAME = "Đào Thị Ngọc Ánh"


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    """SQLite's own troubles; PostgreSQL has other ones, and its own tests."""
    sqlite_program.reset()
    return sqlite_program


@pytest.fixture
def pragmas(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Connections opened from now on get other settings than the program's own."""

    def set_(**changes: int) -> None:
        kept = [p for p in SQLITE_PRAGMAS if p.split("=")[0] not in changes]
        changed = [f"{name}={value}" for name, value in changes.items()]
        monkeypatch.setattr(database, "SQLITE_PRAGMAS", (*kept, *changed))
        _reconnect(app)

    yield set_
    monkeypatch.undo()
    _reconnect(app)


def _reconnect(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engines[None].dispose()


def _file(app: Flask) -> Path:
    return Path(app.config["SETTINGS"].instance) / "casework.sqlite3"


def log(counselor: Visitor, shown: Page, case: str, note: str) -> Page:
    """Send a contact; a failure is looked at, not raised."""
    address = case + "/contacts/new"
    form = {**shown.form(address), "note": note, "operation": str(uuid4())}
    counting = {"casework.statements": []}
    answer = counselor.client.post(address, data=form, environ_overrides=counting)
    if answer.status_code < 500:
        return Page(answer, budget=40)
    answer.status_code, status = 400, answer.status_code
    page = Page(answer, budget=40)  # the standing checks hold for pages of failure too
    page.status = status
    return page


def test_the_settings_of_every_connection(app: Flask):
    with app.app_context(), db.engines[None].connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_locked_database_gives_the_text_back(app: Flask, counselor, case, pragmas):
    shown = counselor.get(case + "/contacts/new")
    pragmas(busy_timeout=50)
    other = sqlite3.connect(_file(app), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page = log(counselor, shown, case, "chữ không được mất")
    read = counselor.client.get(case)
    other.rollback()
    other.close()
    assert page.status == 503
    assert "did not take the change" in page.words
    assert page.form(case + "/contacts/new")["note"] == "chữ không được mất"
    # Nobody is shown a person whose reading can't be noted.
    assert read.status_code == 503
    assert NAME not in read.get_data(as_text=True)
    assert log(counselor, shown, case, "chữ không được mất").status == 303
    assert NAME in counselor.get(case).text


def test_a_full_disk_says_so_and_recovers_without_a_restart(app: Flask, counselor, case, pragmas):
    shown, note = counselor.get(case + "/contacts/new"), "dài " * 4000
    pragmas(max_page_count=1)  # SQLite takes the present size for the limit
    page = log(counselor, shown, case, note)
    assert page.status == 507
    assert "The disk is full" in page.words
    assert page.form(case + "/contacts/new")["note"] == note
    reads = [counselor.client.get(case) for _ in range(60)]
    refused = [r for r in reads if r.status_code == 507]
    assert refused
    assert not [r for r in refused if NAME in r.get_data(as_text=True)]
    assert counselor.get("/account").status == 200
    pragmas(max_page_count=1_000_000)
    assert log(counselor, shown, case, note).status == 303
    assert NAME in counselor.get(case).text
    with app.app_context():
        assert audit.verify(db.session()).broken_at is None
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


@pytest.mark.parametrize("code", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC"])
@pytest.mark.parametrize("statement", ["INSERT INTO contacts", "INSERT INTO audit_entries"])
def test_an_unwritable_disk_leaves_nothing_half(app: Flask, counselor, case, code, statement):
    def fail(_connection, _cursor, sql, *_):
        if statement in sql.replace("main.", "").replace('"', ""):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = code
            raise OperationalError(sql, {}, error)

    shown = counselor.get(case + "/contacts/new")
    with app.app_context():
        engine = db.engines[None]
    event.listen(engine, "before_cursor_execute", fail)
    try:
        page = log(counselor, shown, case, "chữ không được mất")
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    assert page.status == 507
    assert page.form(case + "/contacts/new")["note"] == "chữ không được mất"
    with app.app_context():
        assert db.session.scalars(select(Contact)).all() == []
        assert audit.verify(db.session()).broken_at is None
    assert log(counselor, shown, case, "chữ không được mất").status == 303


def test_killed_in_the_middle_of_saving(app: Flask, counselor, case):
    """kill -9 of a real server's worker, fifty times, while three people save all the time."""
    form = counselor.get(case + "/contacts/new").form(case + "/contacts/new")
    kept: set[UUID] = set()
    stop = threading.Event()
    with _Server(app) as (master, port):
        writers = [
            threading.Thread(target=_save, args=(counselor, port, case, form, kept, stop))
            for _ in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        chance = random.Random(7)
        for _ in range(KILLS):
            enough, deadline = len(kept) + 1, time.monotonic() + 10
            while len(kept) < enough and time.monotonic() < deadline:
                time.sleep(0.002)  # at least one save between two kills
            time.sleep(chance.random() * 0.04)
            _kill_worker(master.pid)
        stop.set()
        for writer in writers:
            writer.join(20)
    assert len(kept) >= KILLS
    _check_nothing_is_lost_or_half(app, kept)
    assert "ghi 1" in counselor.get(case + "/contacts", budget=12).words


def _check_nothing_is_lost_or_half(app: Flask, kept: set[UUID]) -> None:
    with app.app_context():
        contacts = select(Operation.operation_id).where(Operation.location.not_like("%/new"))
        saved = set(db.session.scalars(contacts))
        assert kept <= saved, f"{len(kept - saved)} acknowledged saves are lost"
        counts = [
            db.session.scalar(select(func.count()).select_from(Contact)),
            db.session.scalar(
                select(func.count())
                .select_from(AuditEntry)
                .where(AuditEntry.action == "contact.log")
            ),
        ]
        # The case itself was an operation too.
        assert counts == [len(saved) - 1] * 2
        assert audit.verify(db.session()).broken_at is None
        connection = db.session.connection()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


class _Server:
    """gunicorn with one worker on the databases of the test; a killed worker is forked anew."""

    def __init__(self, app: Flask) -> None:
        self.settings = app.config["SETTINGS"]

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        environment = {
            **os.environ,
            "CASEWORK_INSTANCE": str(self.settings.instance),
            "CASEWORK_SECRET_KEY": self.settings.secret_key,
            "CASEWORK_PEPPER": PEPPER.decode(),
            "CASEWORK_DATABASE_URL": self.settings.database_url,
            "CASEWORK_INSPECTION_DATABASE_URL": self.settings.inspection_database_url,
        }
        with socket.socket() as bound:  # handed over, so that nobody else takes the port
            bound.bind(("127.0.0.1", 0))
            port, number = bound.getsockname()[1], bound.fileno()
            bind = ("--bind", f"fd://{number}", "--log-level", "critical")
            threads = ("--preload", "--threads", str(WRITERS))
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *threads, *bind, "app:app"],
                cwd=ROOT,
                env=environment,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[number],
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return self.process, port
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def _save(
    counselor: Visitor,
    port: int,
    case: str,
    form: dict[str, str],
    kept: set[UUID],
    stop: threading.Event,
) -> None:
    """Save contact after contact; note those the server said were kept."""
    jar = counselor.client
    cookies = "; ".join(
        f"{name}={jar.get_cookie(name).value}" for name in ("casework", "casework_form")
    )
    headers = {
        "Cookie": cookies,
        "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    while not stop.is_set():
        operation = uuid4()
        body = urlencode({**form, "operation": str(operation), "note": f"ghi {len(kept)}"})
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        with suppress(OSError, HTTPException):
            connection.request("POST", case + "/contacts/new", body, headers)
            answer = connection.getresponse()
            if answer.status == 303 and answer.headers["Location"] == case:
                kept.add(operation)
        connection.close()


def _kill_worker(master: int) -> None:
    children = Path(f"/proc/{master}/task/{master}/children")
    for child in children.read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)
