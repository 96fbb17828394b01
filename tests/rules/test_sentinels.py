"""Two hundred names that exist nowhere else are typed into the forms or stand in papers that are
attached; afterwards nothing outside the memory of those who may read them holds one, in any
spelling, and no page, workbook or paper of the organisation shows one.
"""

import base64
import io
import logging
import os
import tarfile
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import UUID, uuid4

import numpy as np
import pyrage
import pytest
import time_machine
from sqlalchemy import inspect, text
from structlog.testing import capture_logs

from casework.confidential.assessments.models import NeedArea
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.text import fold
from tests.confidential.test_caseloads import PERSON, SINCE, send, sheet
from tests.confidential.test_cases import INTAKE
from tests.conftest import Program
from tests.page import Visitor
from tests.postgresql import installed_binaries
from tests.put_back import KEPT
from tests.rules.organisation_world import record_everything
from tests.rules.sweep import part_of, text_of
from tests.rules.world import World, ways

COUNT, SHORTEST = 240, 6
SYLLABLES = (
    "Đặng",
    "Quỳnh",
    "Thưởng",
    "Huyền",
    "Ngoạn",
    "Khuê",
    "Trưởng",
    "Nghiêm",
    "Thuỵ",
    "Hoằng",
)


def sentinels() -> list[str]:
    """Names with marks, each of them once: a number makes its last syllable unheard of."""
    names = []
    for number in range(COUNT):
        first, second = SYLLABLES[number % 10], SYLLABLES[number // 10 % 10]
        tail = "".join("bcdghklmnp"[int(digit)] for digit in f"{number:03}")
        names.append(f"{first} {second} Xươ{tail}q")
    return names


def spellings(name: str) -> set[bytes]:
    """How a text may stand in a file."""
    found: set[bytes] = set()
    for form in ("NFC", "NFD"):
        for written in {
            unicodedata.normalize(form, name),
            unicodedata.normalize(form, name.lower()),
        }:
            # The last syllable alone is enough to give the person away.
            for words in {written, written.split()[-1]}:
                utf8 = words.encode()
                found |= {utf8, words.encode("utf-16-le"), words.encode("utf-16-be")}
                found |= {utf8.hex().encode(), utf8.hex().upper().encode()}
                found |= {quote(words).encode(), quote_plus(words).encode()}
                found |= {words.encode("unicode_escape"), ascii(words)[1:-1].encode()}
                # Wherever a text begins in base64, two of its three alignments drop a border byte.
                for skipped in range(3):
                    middle = base64.b64encode(bytes(skipped) + utf8)[4 if skipped else 0 : -4]
                    found.add(middle)
    found.add(fold(name).encode())
    found.add(fold(name).split()[-1].encode())
    return {spelling for spelling in found if len(spelling) >= SHORTEST}


class Needles:
    """All spellings of all names, found in one pass by the bytes they begin with."""

    def __init__(self, names: list[str]) -> None:
        self.by_start: dict[bytes, list[bytes]] = {}
        # Two bytes already leave few places to look at.
        self.may_begin = np.zeros(1 << 16, dtype=bool)
        for needle in set().union(*(spellings(name) for name in names)):
            self.by_start.setdefault(needle[:SHORTEST], []).append(needle)
            self.may_begin[needle[0] << 8 | needle[1]] = True

    def hits(self, haystack: bytes) -> set[bytes]:
        """The spellings that occur."""
        starts, found = self.by_start, set()
        content = np.frombuffer(haystack, dtype=np.uint8).astype(np.uint16)
        for at in np.flatnonzero(self.may_begin[content[:-1] << 8 | content[1:]]).tolist():
            for needle in starts.get(haystack[at : at + SHORTEST], ()):
                if haystack.startswith(needle, at):
                    found.add(needle)
        return found


@pytest.fixture(scope="module")
def needles() -> Needles:
    return Needles(sentinels())


@pytest.fixture(params=["sqlite", "postgresql"])
def program(request: pytest.FixtureRequest) -> Program:
    found: Program = request.getfixturevalue(f"{request.param}_program")
    found.reset()
    return found


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """What the program logs meanwhile, at the level that says most. It is written once: pytest
    would keep two copies beside it.
    """
    stream, root = io.StringIO(), logging.getLogger()
    before, others = root.level, root.handlers
    root.handlers = [logging.StreamHandler(stream)]
    talkative = [logging.getLogger(name) for name in ("sqlalchemy.engine", "werkzeug", "casework")]
    for logger in (root, *talkative):
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.handlers = others
        root.setLevel(before)
        for logger in talkative:
            logger.setLevel(logging.NOTSET)


def test_no_name_stands_where_it_should_not(app, cast, client_as, needles, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = sentinels()
    with everything_logged() as log, redirect_stderr(log), capture_logs() as events:
        group = _write_all(client_as("counselor"), names)
        world = World(app, cast, {"a": record_everything(app, cast, "a", group)})
        _attach_paper(world, client_as("counselor"), names[-24:-14])
        taken_out = _go_the_whole_way(app, client_as, names[-54:-24])
        _have_trouble(app, client_as, names)
        answers = _look_around(world, client_as)
    everything = {
        **_stored(app),
        **_copied(app, tmp_path, monkeypatch),
        **taken_out,
        **answers,
        "the log": f"{log.getvalue()}{events}".encode(),
        **{path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()},
    }
    assert len(everything["the log"]) > 10_000, "nothing was logged: this rule looks elsewhere"
    assert "RuntimeError" in str(events)
    assert len(answers) > 300, "the pages of the organisation were not opened"
    found = {place: needles.hits(content) for place, content in everything.items()}
    assert {place: spelt for place, spelt in found.items() if spelt} == {}


@pytest.mark.parametrize(
    "write",
    [
        lambda name: name.encode(),
        lambda name: unicodedata.normalize("NFD", name).upper().lower().encode(),
        lambda name: name.encode("utf-16-le"),
        lambda name: fold(name).encode(),
        lambda name: base64.b64encode(b"x" + name.encode()),
        lambda name: base64.b64encode(b"xy" + name.encode() + b"z"),
        lambda name: base64.b64encode(name.encode()),
        lambda name: name.encode().hex().encode(),
        lambda name: quote(name).encode(),
        lambda name: quote_plus(name).encode(),
        lambda name: repr({"name": name}).encode(),
        lambda name: ascii(name).encode(),
        lambda name: name.split()[-1].encode(),
    ],
)
def test_what_is_planted_is_found(write, needles):
    for name in sentinels()[::50]:
        assert needles.hits(b"before " + write(name) + b" after")


def _write_all(counselor: Visitor, names: list[str]) -> UUID:
    """Through the forms: identity, witness, notes, closed notes, roster, session, corrections.

    Returns the id of the group.
    """
    rest = iter(names)
    for _ in range(8):
        name, alias, address, safe, witness = (next(rest) for _ in range(5))
        intake = {"name": name, "alias": alias, "address": address, "safe_contact": f"qua {safe}"}
        answer = counselor.submit(
            "/cases/new", "/cases/new",
            **{**INTAKE, **intake, "method": "oral_witnessed", "witness": witness},
        )  # fmt: skip
        assert answer.status == 303, answer.words
        case = answer.location
        new = case + "/contacts/new"
        note, closed, corrected = (next(rest) for _ in range(3))
        assert counselor.submit(new, new, note=f"gặp {note}", closed_note=closed).status == 303
        (link,) = {
            a.get("href") for a in counselor.get(case + "/contacts").all("a")
            if len((a.get("href") or "").rpartition("/contacts/")[2]) == 36
        }  # fmt: skip
        assert counselor.submit(link, link, note=f"gặp lại {corrected}").status == 303
        identity = case + "/identity"
        assert counselor.submit(identity, identity, address=next(rest)).status == 303
        assert counselor.submit("/cases", "/cases/search", words=name).status == 200
    page = counselor.submit("/groups/new", "/groups/new", name="Hoa Sen", active_from="2026-01-05")
    group = page.location.removesuffix("/members")
    roster, visitors, notes = ([next(rest) for _ in range(count)] for count in (90, 20, 3))
    answer = counselor.submit(page.location, page.location, names="\n".join(roster))
    assert answer.status == 303, answer.words
    new = f"{group}/sessions/new"
    answer = counselor.submit(
        new, new, budget=60, walk_ins="\n".join(visitors), note="\n".join(notes)
    )
    assert answer.status == 303, answer.words
    assert counselor.get(answer.location).status == 200
    correct = answer.location + "/correct"
    assert counselor.submit(correct, correct, note=next(rest)).status == 303
    return UUID(group.rpartition("/")[2])


def _go_the_whole_way(app, client_as, names: list[str]) -> dict[str, bytes]:
    """Needs, plan, support, reminders, papers, rights, an opening out of turn, a log from Excel, a
    draft, a closing note. Returns what leaves the program without names.
    """
    rest, counselor = iter(names), client_as("counselor")
    case = counselor.submit("/cases/new", "/cases/new", **{**INTAKE, "name": next(rest)}).location
    action = "goals-0-actions-0-"
    paper = (io.BytesIO(b"%PDF-1.7 " + next(rest).encode()), f"{next(rest)}.pdf")
    forms: dict[str, dict[str, object]] = {
        "/identity": {"never_say": next(rest), "no_message": next(rest), "guardian": next(rest)},
        "/support/new": {
            "kind": "gift", "how": "in_kind", "funding_source": "charity", "note": next(rest),
        },
        "/plans/new": {
            "summary": next(rest), "goals-0-area": "job", "goals-0-goal": next(rest),
            action + "what": next(rest), action + "responsible": "counselor",
        },
        "/reminders/new": {"text": next(rest), "due_on": str(today())},
        "/attachments/new": {"kind": "other", "paper": paper},
        "/rights/requests/new": {"kind": "correct", "wish": next(rest)},
        "/rights/disclosures/new": {
            "agency": next(rest), "number": "12/CV", "ground": next(rest),
        },
    }  # fmt: skip
    for path, fields in forms.items():
        answer = counselor.submit(case + path, case + path, budget=60, **fields)
        assert answer.status == 303, f"{path}: {answer.words}"
    _assess(counselor, case, next(rest))
    new, reference = "/emergency/new", counselor.get(case).h1
    asked = {"compartment": "notes", "reason": "danger", "explanation": next(rest)}
    assert client_as("counselor2").submit(new, new, reference=reference, **asked).status == 303
    row = {**PERSON, "name": next(rest), "contact_on": SINCE, "contact_kind": "home"}
    log = sheet({**row, "note": next(rest), "safe_contact": next(rest)})
    assert send(counselor, log).status == 303
    closure = case + "/closure"
    answer = counselor.submit(closure, closure, reason="moved", note=next(rest))
    assert answer.status == 303, answer.words
    export = "/cases/export"
    fields = {**counselor.get(export).form(export), "reason": "check"}
    calendar = client_as("counselor").client.get("/calendar.ics")
    return {
        "the caseload without names": text_of(
            counselor.client.post(export, data=fields).get_data()
        ).encode(),
        "the calendar": calendar.get_data(),
    }


def _assess(counselor: Visitor, case: str, note: str) -> None:
    new = case + "/assessments/new"
    levels = {f"level_{area}": "1" for area in NeedArea}
    answer = counselor.submit(new, new, **levels, summary=note)
    assert answer.status == 303, answer.words


def _copied(app, folder: Path, monkeypatch) -> dict[str, bytes]:
    """A sealed copy, and what stands in it for whoever has its key."""
    programs = next(installed_binaries())
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    run = app.test_cli_runner().invoke
    (app.config["SETTINGS"].instance / "backup_recipient").unlink(missing_ok=True)
    key, copy = folder / "copies.key", folder / "copy.age"
    assert run(args=["backup", "make-key", "--output", str(key)]).exit_code == 0
    made = run(args=["backup", "create", str(copy)])
    assert made.exit_code == 0, made.output
    identity = pyrage.x25519.Identity.from_str(key.read_text().split()[-1])
    bundle = io.BytesIO(pyrage.decrypt(copy.read_bytes(), [identity]))
    with tarfile.open(fileobj=bundle) as tar:
        parts = {f"copy: {m.name}": tar.extractfile(m) for m in tar.getmembers()}
        return {name: part.read() for name, part in parts.items() if part}


def _attach_paper(world: World, counselor: Visitor, names: list[str]) -> None:
    """A scan may name whoever it names; who may read the record gets it back as it was."""
    training = f"/trainings/{world.ids['a']['training_id']}"
    content = b"%PDF-1.7 " + " ".join(names).encode()
    sent = (io.BytesIO(content), "danh-sach.pdf")
    answer = counselor.submit(training, f"{training}/files", paper=sent)
    assert answer.status == 303, answer.words
    files = {link.get("href") or "" for link in counselor.get(training).all("a")}
    (file,) = {address for address in files if address.startswith("/files/")}
    assert counselor.client.get(file).get_data() == content


def _have_trouble(app, client_as, names: list[str]) -> None:
    """Names in refused forms, failures, expired sessions, stray addresses and wrong sign-ins."""
    rest = iter(names[-14:])
    counselor = client_as("counselor")
    shown = counselor.get("/cases/new")
    refused = counselor.submit(shown, "/cases/new", name=next(rest), sex="none of these")
    assert refused.status == 422
    fields = shown.form("/cases/new")
    answers = [
        counselor.client.post("/cases/new", data={**fields, "csrf_token": "", "name": next(rest)}),
        counselor.client.post(
            f"/cases/{uuid4()}/contacts/new", data={**fields, "note": next(rest)}
        ),
        counselor.client.get("/cases", query_string={"after": next(rest), "order": next(rest)}),
        counselor.client.get("/" + next(rest)),
        counselor.client.post("/sign-in", data={"username": next(rest), "password": next(rest)}),
    ]
    stranger = Visitor(app.test_client())
    assert (
        stranger.submit("/sign-in", "/sign-in", username=next(rest), password=next(rest)).status
        == 422
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("casework.confidential.intake.routes.open_case", _break_down)
        answers.append(
            counselor.client.post(
                "/cases/new", data={**fields, **INTAKE, "somebody_else": "y", "name": next(rest)}
            )
        )
    assert [answer.status_code for answer in answers] == [400, 404, 200, 404, 400, 500]
    with time_machine.travel(now().timestamp() + 16 * 60, tick=True):
        # Kept, sealed, until the owner has signed in again.
        expired = counselor.submit(shown, "/cases/new", name=next(rest), safe_contact=next(rest))
        assert expired.location.startswith("/sign-in")


def _break_down(_unit, answer, **_):
    raise RuntimeError(f"while saving {answer['name']}")


def _look_around(world: World, client_as) -> dict[str, bytes]:
    """Every page that can be opened, by those who may see most. Returns what the organisation's
    said.
    """
    said = {}
    for who in ("counselor", "coordinator", "unithead", "inspector", "manager", "dpo", "admin"):
        client = client_as(who).client
        for rule, method in ways(world.app):
            if method != "GET":
                continue
            address = world.address(rule)
            answer = client.get(address)
            if answer.status_code == 200 and part_of(world.app, rule.endpoint) == "organisation":
                said[f"{who}: {address}"] = text_of(answer.get_data()).encode()
    return said


def _stored(app) -> dict[str, bytes]:
    """Both databases: their files where they have some, and every cell as text and as bytes."""
    found = {}
    folder = Path(app.config["SETTINGS"].instance)
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith((".template", ".world")):
            found[file.name] = file.read_bytes()
    with app.app_context():
        for bind, engine in db.engines.items():
            with engine.connect() as connection:
                schemas = inspect(connection).get_schema_names()
                for schema in [None] if engine.dialect.name == "sqlite" else schemas:
                    if schema in ("information_schema", "pg_catalog", KEPT):
                        continue
                    for table in inspect(connection).get_table_names(schema):
                        name = f"{schema}.{table}" if schema else table
                        rows = connection.execute(text(f"SELECT * FROM {name}"))
                        found[f"{bind}: {name}"] = b"|".join(
                            bytes(cell)
                            if isinstance(cell, bytes | memoryview)
                            else str(cell).encode()
                            for row in rows
                            for cell in row
                        )
    return found
