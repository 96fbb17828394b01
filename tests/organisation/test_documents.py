"""Attached papers: ciphertext in the database, saved and never shown, only by who may read the
record.
"""

from uuid import UUID

import pytest
from sqlalchemy import select

from casework.core.audit import Actor, AuditEntry
from casework.core.database import db
from casework.core.uploads import PAPERS, read_upload
from casework.organisation.accounts.models import Account
from casework.organisation.documents.models import AttachedFile
from casework.organisation.documents.operations import attach_file, open_file
from casework.organisation.documents.queries import CHANGED_WITH, READ_WITH

PAPER = b"%PDF-1.7 the decision that names Chi Ut"


@pytest.fixture
def paper(app, cast) -> UUID:
    """A decision's scan in unit a, put there by its unit head."""
    with app.test_request_context():
        head = db.session.get_one(Account, cast.accounts["unithead"])
        upload = read_upload('quyết "định"\r\nX: y.pdf', PAPER, PAPERS)
        owner = cast.units["a"]
        file = attach_file(upload, "decision", owner, owner, by=_actor(head))
        db.session.commit()
        return file.id


def _actor(account: Account) -> Actor:
    return Actor(account.id, account.display_name)


def test_the_database_holds_ciphertext(app, paper):
    with app.app_context():
        file = db.session.get_one(AttachedFile, paper)
        assert file.sealed and b"Chi Ut" not in file.sealed and b"%PDF" not in file.sealed


@pytest.mark.parametrize("username", ["unithead", "volunteer", "counselor", "inspector", "admin"])
def test_who_reads_the_record_saves_its_papers(app, client_as, paper, username):
    page = client_as(username).get(f"/files/{paper}")
    assert page.status == 200
    assert page.response.get_data() == PAPER
    said = page.headers["Content-Disposition"]
    assert said.startswith("attachment") and "\n" not in said and "\r" not in said
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    with app.app_context():
        row = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == paper)).one()
        assert (row.action, row.outcome) == ("file.read", "read")


@pytest.mark.parametrize("username", ["unithead-b", "inspector-elsewhere"])
def test_nobody_else_does(client_as, paper, username):
    assert client_as(username).get(f"/files/{paper}").status == 404


def test_without_the_permission_there_is_no_door(client_as, paper):
    assert client_as("dpo").get(f"/files/{paper}").status == 403


def test_it_is_removed_by_who_may_change_the_record(app, client_as, paper):
    assert client_as("volunteer").post(f"/files/{paper}/remove").status in (400, 404)
    head = client_as("unithead")
    with app.app_context():
        assert db.session.get_one(AttachedFile, paper).sealed
    token = head.get("/account").form("/sign-out")["csrf_token"]
    page = head.post(f"/files/{paper}/remove", {"csrf_token": token, "back": "/bodies"})
    assert (page.status, page.location) == (303, "/bodies")
    assert head.get(f"/files/{paper}").status == 404
    with app.app_context():
        file = db.session.get_one(AttachedFile, paper)
        assert file.removed_at and file.removed_by
        assert open_file(file) == PAPER, "what was attached is evidence: it is hidden, not gone"


def test_what_does_not_open_is_said_in_words(app, client_as, paper):
    with app.app_context():
        file = db.session.get_one(AttachedFile, paper)
        file.sealed = bytes([*file.sealed[:-1], file.sealed[-1] ^ 1])
        db.session.commit()
    page = client_as("unithead").get(f"/files/{paper}")
    assert (page.status, page.h1) == (410, "This file can't be opened")


def test_every_kind_of_record_says_who_reads_and_who_changes():
    assert READ_WITH.keys() == CHANGED_WITH.keys()
