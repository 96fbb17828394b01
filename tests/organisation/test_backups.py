"""Copies: whole, sealed to an offline key, brought back elsewhere and opened there."""

import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pyrage
import pytest
from flask import g
from sqlalchemy import select

from casework import create_app
from casework.confidential.cases.models import PersonIdentity
from casework.core.audit import AuditEntry
from casework.core.database import db
from casework.vault.grants import Keyring
from tests.confidential.test_cases import INTAKE, open_case
from tests.conftest import make_settings
from tests.postgresql import installed_binaries


@pytest.fixture
def run(app, tmp_path, monkeypatch):
    """A command, in an instance folder and with a PATH of its own."""
    monkeypatch.setenv("PATH", f"{next(installed_binaries())}{os.pathsep}{os.environ['PATH']}")
    for left in ("backup_recipient", "audit_anchors.jsonl"):
        (app.config["SETTINGS"].instance / left).unlink(missing_ok=True)
    monkeypatch.chdir(tmp_path)
    return lambda *words: app.test_cli_runner().invoke(args=["backup", *map(str, words)])


@pytest.fixture
def made(run, client_as):
    """A case, a key and a copy."""
    open_case(client_as("counselor"))
    assert run("make-key", "--output", "key").exit_code == 0
    done = run("create", "copy.age")
    assert done.exit_code == 0, done.output
    return Path("copy.age")


def opened(archive, key="key"):
    """The files of a copy, as the tool `age` would open it."""
    identity = pyrage.x25519.Identity.from_str(Path(key).read_text().split()[-1])
    return tarfile.open(fileobj=BytesIO(pyrage.decrypt(archive.read_bytes(), [identity])))


def is_sqlite(app):
    with app.app_context():
        return db.engines[None].dialect.name == "sqlite"


def test_a_copy_holds_both_databases_and_no_secret(made, app):
    names = {"casework.sqlite3", "inspection.sqlite3"} if is_sqlite(app) else {"casework.dump"}
    with opened(made) as tar:
        assert set(tar.getnames()) == {*names, "manifest.json"}
        for member in tar.getmembers():
            content = tar.extractfile(member).read()
            assert app.config["SETTINGS"].pepper not in content
    sealed = made.read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n")
    assert INTAKE["name"].encode() not in sealed and b"SQLite format" not in sealed
    assert made.stat().st_mode & 0o077 == 0
    assert not list(app.config["SETTINGS"].instance.glob("backup-*"))


def test_what_is_brought_back_elsewhere_opens_as_before(run, made, app, cast, client_as, tmp_path):
    open_case(client_as("counselor"), name="Sau Khi Sao Chép")
    done = run("restore", made, "--key", "key", "--into", "there")
    assert done.exit_code == 0, done.output
    if not is_sqlite(app):
        assert Path("there/casework.dump").read_bytes().startswith(b"PGDMP")
        return
    urls = [f"sqlite:///{tmp_path / 'there' / name}.sqlite3" for name in ("casework", "inspection")]
    elsewhere = create_app(make_settings(tmp_path / "there", *urls))
    with elsewhere.app_context(), elsewhere.test_request_context():
        g.keyring = Keyring(cast.accounts["counselor"], cast.secrets["counselor"])
        names = [person.name for person in db.session.scalars(select(PersonIdentity))]
        actions = db.session.scalars(select(AuditEntry.action)).all()
        db.session.remove()
    verified = elsewhere.test_cli_runner().invoke(args=["audit", "verify"])
    assert names == [INTAKE["name"]]
    assert actions[-1] == "backup.create"
    assert "The log is whole" in verified.output
    with elsewhere.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_another_key_a_cut_and_an_altered_copy_are_refused(run, made):
    assert run("make-key", "--output", "other").exit_code == 0
    whole = made.read_bytes()
    Path("cut.age").write_bytes(whole[:-40])
    Path("altered.age").write_bytes(whole[:-9] + b"\0" + whole[-8:])
    Path("nothing.age").write_bytes(b"nothing")
    for archive, key, told in (
        (made, "other", "does not open"),
        ("cut.age", "key", "damaged or cut off"),
        ("altered.age", "key", "damaged or cut off"),
        ("nothing.age", "key", "does"),
        (made, made, "holds no key"),
    ):
        done = run("restore", archive, "--key", key, "--into", "there")
        assert done.exit_code == 1
        assert told in done.output and "Nothing was restored" in done.output
        assert not Path("there").exists() or not list(Path("there").iterdir())


def test_nothing_is_written_over(run, made):
    before = made.read_bytes()
    assert "exists already" in run("create", made).output
    assert run("make-key", "--output", "key").exit_code == 1
    assert made.read_bytes() == before
    into = ("restore", made, "--key", "key", "--into", "there")
    assert run(*into).exit_code == 0
    again = run(*into)
    assert again.exit_code == 1 and "already" in again.output


def test_without_a_key_no_copy_is_made(run):
    done = run("create", "copy.age")
    assert done.exit_code == 1
    assert "make-key" in done.output
    assert not Path("copy.age").exists()


def test_a_full_disk_leaves_no_half_copy(run, made, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("casework.organisation.backups.operations.pyrage.encrypt_io", full)
    done = run("create", "second.age")
    assert done.exit_code == 1
    assert "No space left" in done.output
    assert sorted(path.name for path in Path().glob("second*")) == []


def test_a_damaged_database_is_not_copied(run, app, tmp_path):
    """On SQLite: a page in the middle is overwritten."""
    if not is_sqlite(app):
        assert shutil.which("pg_dump"), "pg_dump reads every row, and fails where it can't"
        return
    run("make-key", "--output", "key")
    with app.app_context():
        path = Path(db.engines["inspection"].url.database)
        for engine in db.engines.values():
            engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[size * 2 : size * 3] = b"\xff" * size
    path.write_bytes(content)
    done = run("create", "copy.age")
    assert done.exit_code == 1
    assert "damaged" in done.output
    assert not Path("copy.age").exists()
