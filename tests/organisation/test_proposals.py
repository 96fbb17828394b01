"""Unit heads propose, administrators answer, and both see what became of it."""

import pytest
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.proposals.models import Proposal

PROPOSALS = "/admin/proposals"
TEXT = "Xin mở tài khoản cho chị Sáu, đội viên, từ 01/12/2026."


def make(visitor, **changes):
    fields = {"kind": "account", "text": TEXT, **changes}
    return visitor.submit(f"{PROPOSALS}/new", f"{PROPOSALS}/new", **fields)


def answer(visitor, address, **changes):
    fields = {"outcome": "done", "answer": "Đã mở tài khoản.", **changes}
    return visitor.submit(address, f"{address}/answer", **fields)


def audited(app):
    with app.app_context():
        query = select(AuditEntry.action, AuditEntry.unit_id, AuditEntry.detail).where(
            AuditEntry.subject_kind == "proposal"
        )
        return [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.position))]


def test_a_proposal_is_made_answered_and_read(app, cast, client_as):
    head, admin = client_as("unithead"), client_as("admin")
    assert "propose it here" in head.get(PROPOSALS).words
    address = make(head).location
    page = head.get(address)
    assert TEXT in page.words and "Answer it" not in page.words
    waiting = admin.get(PROPOSALS)
    assert TEXT in waiting.words and "Phường Bạc Liêu" in waiting.words
    assert admin.follow(answer(admin, address)).status == 200
    assert TEXT not in admin.get(PROPOSALS).words, "administrators see what waits"
    assert TEXT in admin.get(f"{PROPOSALS}?status=").words
    own = head.get(PROPOSALS)
    assert "Đã mở tài khoản." in own.words and "done" in own.words
    assert "Ngô Văn Mười" in head.get(address).words
    unit = cast.units["a"]
    assert audited(app) == [
        ("proposal.make", unit, '{"about": "account"}'),
        ("proposal.answer", unit, '{"outcome": "done"}'),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": " "}, "What should be changed, and why: Fill this in."),
        ({"text": "x" * 20_001}, "At most 20000 characters."),
        ({"kind": ""}, "What it is about: Fill this in."),
        ({"kind": "case"}, "Invalid Choice: could not coerce."),
        ({"unit": ""}, "Unit: Fill this in."),
        ({"unit": "nonsense"}, "could not coerce"),
    ],
)
def test_a_bad_proposal_comes_back_as_it_was_sent(app, client_as, changes, message):
    refused = make(client_as("unithead"), **changes)
    assert refused.status == 422 and message in refused.words
    if "text" not in changes:
        assert refused.form(f"{PROPOSALS}/new")["text"] == TEXT
    with app.app_context():
        assert db.session.scalar(select(Proposal)) is None


def test_nobody_proposes_for_another_unit(app, cast, client_as):
    refused = make(client_as("unithead"), unit=str(cast.units["b"]))
    assert refused.status == 422 and "Not a valid choice." in refused.words


def test_a_head_of_two_units_chooses_which(app, cast, client_as):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["unithead"])
        give_role(account, Role.UNIT_HEAD, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    head = client_as("unithead")
    assert make(head, unit=str(cast.units["b"])).status == 303
    assert TEXT in client_as("unithead-b").get(PROPOSALS).words


def test_units_don_t_read_each_other_s_proposals(client_as):
    address = make(client_as("unithead-b")).location
    head = client_as("unithead")
    assert TEXT not in head.get(PROPOSALS).words
    assert head.get(address).status == 404


def test_an_administrator_of_another_province_can_t_answer(app, cast, client_as):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["inspector-elsewhere"])
        give_role(account, Role.ADMINISTRATOR, cast.units["elsewhere"], by=SYSTEM, on=today())
        db.session.commit()
    address = make(client_as("unithead")).location
    other = client_as("inspector-elsewhere")
    page = other.get(PROPOSALS)
    assert TEXT not in page.words
    token = {"csrf_token": page.form("/sign-out")["csrf_token"]}
    assert other.post(f"{address}/answer", token).status == 404


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": None}, "Outcome: Fill this in."),
        ({"outcome": "open"}, "Not a valid choice."),
        ({"answer": ""}, "Answer: Fill this in."),
    ],
)
def test_an_answer_says_what_became_of_it(client_as, changes, message):
    address = make(client_as("unithead")).location
    refused = answer(client_as("admin"), address, **changes)
    assert refused.status == 422 and message in refused.words
    assert "waiting" in client_as("unithead").get(address).words


def test_the_second_of_two_answers_sees_both(app, client_as):
    address = make(client_as("unithead")).location
    admin = client_as("admin")
    opened = admin.get(address)
    answer(admin, address, outcome="declined", answer="Chưa đủ hồ sơ.")
    late = admin.submit(opened, f"{address}/answer", outcome="done", answer="Đã mở.")
    assert late.status == 409
    assert "Đã mở." in late.words and "Chưa đủ hồ sơ." in late.words
    again = admin.submit(late, f"{address}/answer")
    assert again.status == 422 and "is answered already" in again.words
    assert "Chưa đủ hồ sơ." in client_as("unithead").get(address).words


@pytest.mark.parametrize(
    ("username", "read", "write", "reply"),
    [
        ("unithead", 200, 200, 403),
        ("admin", 200, 403, 303),
        *[(who, 403, 403, 403) for who in ("counselor", "coordinator", "volunteer", "accountant",
                                           "inspector", "manager", "dpo")],
    ],
)  # fmt: skip
def test_who_reads_proposes_and_answers(app, client_as, username, read, write, reply):
    address = make(client_as("unithead")).location
    visitor = client_as(username)
    token = {"csrf_token": visitor.get("/account").form("/sign-out")["csrf_token"]}
    assert visitor.get(PROPOSALS).status == visitor.get(address).status == read
    assert visitor.get(f"{PROPOSALS}/new").status == write
    assert visitor.post(f"{PROPOSALS}/new", token).status == (422 if write == 200 else 403)
    version = {"outcome": "done", "answer": "xong", "version": "1"}
    assert visitor.post(f"{address}/answer", {**token, **version}).status == reply


def test_the_list_is_paged(app, cast, client_as):
    with app.app_context():
        for number in range(52):
            db.session.add(
                Proposal(unit_id=cast.units["a"], kind="setting", text=f"đề xuất {number}")
            )
        db.session.commit()
    admin = client_as("admin")
    first = admin.get(PROPOSALS)
    following = next(a.get("href") for a in first.all("a") if a.get("rel") == "next")
    assert len(admin.get(following).all("tr")) == 3
    assert admin.get(f"{PROPOSALS}?status=nonsense").status == 422
    for page in ("99999999999999999999", "-99999999999999999999", "x"):
        assert admin.get(f"{PROPOSALS}?page={page}").status == 200
