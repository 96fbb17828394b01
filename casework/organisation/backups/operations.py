"""Copies of the whole program, sealed to a key whose private half is kept elsewhere.

A copy is a snapshot of both databases, checked before it is sealed: the read model first, because a
working database that knows more is put right by the next publication. It is one file in the format
`age` (age-encryption.org/v1), so that it opens with the tool of that name as well. Neither the
pepper nor any other secret of the server goes in.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess  # nosec B404 - pg_dump, found on the PATH, with fixed arguments
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyrage
from flask import current_app
from pyrage import x25519
from sqlalchemy.engine import URL

from casework.core import audit
from casework.core.audit import SYSTEM
from casework.core.clock import now
from casework.core.database import db
from casework.organisation.access_log.queries import anchor_file

RECIPIENT = "backup_recipient"
MANIFEST, ANCHORS = "manifest.json", "audit_anchors.jsonl"
_LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}
_FIRST_LINE = "# casework: the key of its copies. Keep it offline, in a safe place."


class BackupRefused(Exception):
    """No copy was made or restored; the message says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made or restored: what it holds, and the newest row of the log in it."""

    files: tuple[str, ...]
    made_at: str
    head: int


def make_key(path: Path) -> str:
    """A new key pair for copies: the private half goes into a file that is taken away, the public
    one into the instance folder. Raises FileExistsError: a key is never written over.
    """
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{_FIRST_LINE}\n# public key: {public}\n{identity}\n")
    _recipient_file().write_text(public + "\n")
    return public


def create_backup(output: Path) -> Copy:
    """Write a sealed copy of both databases and the anchors of the log. Raises BackupRefused.

    The program may run meanwhile. The file appears when it is whole; nothing is written over.
    """
    recipient = _recipient()
    if output.exists():
        raise BackupRefused(f"{output} exists already.")
    audit.record("backup.create", "backup", None, by=SYSTEM)
    db.session.commit()
    position, _digest = audit.head(db.session())
    db.session.rollback()
    partial = output.with_name(output.name + ".partial")
    try:
        with tempfile.TemporaryDirectory(dir=_instance(), prefix="backup-") as folder:
            copy = _snapshot(Path(folder), position)
            _seal(Path(folder), partial, recipient)
        partial.rename(output)
    except OSError as error:
        raise BackupRefused(f"{output} was not written: {error.strerror or error}.") from None
    finally:
        partial.unlink(missing_ok=True)
    return copy


def restore_backup(archive: Path, key: Path, folder: Path) -> Copy:
    """Open a copy into a folder that holds none of its files, and check every one of them. Raises
    BackupRefused; then nothing is left there.
    """
    identity = _identity(key)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="restore-") as work:
        opened = Path(work)
        _unseal(archive, identity, opened)
        copy = _check(opened)
        there = [name for name in copy.files if (folder / name).exists()]
        if there:
            raise BackupRefused(f"{folder} holds {', '.join(there)} already.")
        for name in copy.files:
            (opened / name).rename(folder / name)
    return copy


def _snapshot(folder: Path, position: int) -> Copy:
    names = []
    if db.engines["inspection"].url != db.engines[None].url:
        names.append(_copy_database(db.engines["inspection"].url, folder, "inspection"))
    names.append(_copy_database(db.engines[None].url, folder, "casework"))
    if anchor_file().exists():
        shutil.copyfile(anchor_file(), folder / ANCHORS)
        names.append(ANCHORS)
    copy = Copy(tuple(names), now().isoformat(timespec="seconds"), position)
    digests = {name: _digest_of(folder / name) for name in names}
    manifest = {"files": digests, "made_at": copy.made_at, "head": copy.head}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return copy


def _copy_database(url: URL, folder: Path, name: str) -> str:
    if url.get_backend_name() == "sqlite":
        path = folder / f"{name}.sqlite3"
        with (
            closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)
        _check_sqlite(path)
        return path.name
    path = folder / f"{name}.dump"
    _arguments, options = url.get_dialect()().create_connect_args(url)
    # In the environment: the arguments of a process are anybody's to read.
    told = {_LIBPQ[name]: str(value) for name, value in options.items() if name in _LIBPQ}
    environment = {**os.environ, **told}
    program = shutil.which("pg_dump", path=environment.get("PATH"))
    if program is None:
        raise BackupRefused("pg_dump is not on the PATH: install PostgreSQL's client programs.")
    command = [program, "--format=custom", "--no-password", f"--file={path}"]
    done = subprocess.run(  # nosec B603
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupRefused(f"pg_dump failed: {done.stderr.strip()}")
    return path.name


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        verdict, dangling = str(error), None
    if verdict != "ok" or dangling is not None:
        raise BackupRefused(f"{path.name} is damaged: {verdict}.")


def _seal(folder: Path, output: Path, recipient: x25519.Recipient) -> None:
    bundle = folder / "bundle.tar"
    with tarfile.open(bundle, "w") as tar:
        for path in sorted(folder.iterdir()):
            if path != bundle:
                tar.add(path, path.name, recursive=False)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with bundle.open("rb") as content, os.fdopen(descriptor, "wb") as file:
        pyrage.encrypt_io(content, file, [recipient])
        file.flush()
        os.fsync(file.fileno())


def _unseal(archive: Path, identity: x25519.Identity, folder: Path) -> None:
    bundle = folder / "bundle.tar"
    try:
        with archive.open("rb") as sealed, bundle.open("wb") as content:
            pyrage.decrypt_io(sealed, content, [identity])
        with tarfile.open(bundle) as tar:
            _take_out(tar, folder)
    except pyrage.DecryptError:
        raise BackupRefused(f"This key does not open {archive.name}.") from None
    except (OSError, tarfile.TarError):
        raise BackupRefused(f"{archive.name} is damaged or cut off.") from None


def _take_out(tar: tarfile.TarFile, folder: Path) -> None:
    """The files of a copy, which lie flat in it; anything else is none. (Before Python 3.11.4
    `extractall` has no filter that would see to it.)
    """
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or Path(member.name).name != member.name:
            raise tarfile.TarError(member.name)
        with content, (folder / member.name).open("wb") as file:
            shutil.copyfileobj(content, file)


def _check(folder: Path) -> Copy:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        files = dict(manifest["files"])
    except (OSError, ValueError, KeyError):
        raise BackupRefused("This is no copy of casework.") from None
    for name, digest in files.items():
        if _digest_of(folder / name) != digest:
            raise BackupRefused(f"{name} is not what was copied.")
        if name.endswith(".sqlite3"):
            _check_sqlite(folder / name)
    return Copy(tuple(files), manifest["made_at"], manifest["head"])


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identity(key: Path) -> x25519.Identity:
    lines = key.read_text(errors="replace").split()
    try:
        return x25519.Identity.from_str(lines[-1] if lines else "")
    except pyrage.IdentityError:
        raise BackupRefused(f"{key} holds no key of copies.") from None


def _recipient() -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(_recipient_file().read_text().strip())
    except FileNotFoundError:
        text = "Make the key of copies first: flask --app app backup make-key --output FILE"
        raise BackupRefused(text) from None
    except pyrage.RecipientError:
        raise BackupRefused(f"{_recipient_file()} holds no public key.") from None


def _recipient_file() -> Path:
    return _instance() / RECIPIENT


def _instance() -> Path:
    instance: Path = current_app.config["SETTINGS"].instance
    return instance
