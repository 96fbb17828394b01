"""Damaged cells: refused, said on the page, never overwritten silently; the page goes on."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from casework.confidential.cases.models import PersonIdentity
from casework.confidential.contacts.models import Contact
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import reset_access
from casework.vault.grants import Grant
from tests.cast import Cast
from tests.confidential.test_cases import open_case

SAYS = "cannot be opened"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    address = open_case(counselor)
    new = address + "/contacts/new"
    for note in ("lời thứ nhất", "lời thứ hai"):
        assert counselor.submit(new, new, note=note, closed_note="riêng " + note).status == 303
    return address


def change(app: Flask, statement: str) -> None:
    with app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


@pytest.mark.parametrize(
    "cell", ["zeroblob(60)", "x'00'", "substr(name_sealed, 1, 40)", "phone_sealed"]
)
def test_a_damaged_name_is_said_and_the_page_goes_on(app: Flask, counselor, case, cell):
    change(app, f"UPDATE identities SET name_sealed = {cell}, alias_sealed = {cell}")
    page = counselor.get(case)
    assert page.status == 200
    assert SAYS in page.words
    assert "ấp Bình An" in page.words
    assert counselor.get("/cases").status == 200
    assert counselor.get("/").status == 200
    assert counselor.submit("/cases", "/cases/search", words="dao thi").status == 200


def test_swapped_notes_are_refused_and_the_rest_stays(app: Flask, counselor, case):
    with app.app_context():
        one, two = db.session.scalars(select(Contact)).all()
        one.note_sealed, two.note_sealed = two.note_sealed, one.note_sealed
        db.session.commit()
    page = counselor.get(case + "/contacts")
    assert page.words.count(SAYS) == 2
    assert "lời thứ" not in page.words.replace("riêng lời thứ", "")
    assert "riêng lời thứ nhất" in page.words


def test_a_note_copied_into_the_closed_note_is_refused(app: Flask, counselor, case):
    change(app, "UPDATE contacts SET closed_note_sealed = note_sealed")
    assert counselor.get(case + "/contacts").words.count(SAYS) == 2


def test_a_contact_moved_to_another_case_is_refused(app: Flask, counselor, case):
    other = open_case(counselor, name="Người Khác")
    target = other.split("/")[2].replace("-", "")
    change(app, f"UPDATE contacts SET case_id = '{target}'")
    page = counselor.get(other + "/contacts")
    assert "lời thứ" not in page.words
    assert page.words.count(SAYS) >= 2


def test_a_damaged_grant_closes_one_case_and_no_list(app: Flask, counselor, case, cast: Cast):
    other = open_case(counselor, name="Người Khác", alias="")
    with app.app_context():
        for grant in db.session.scalars(
            select(Grant).where(Grant.holder_id == cast.accounts["counselor"])
        ):
            if str(grant.subject_id) in case:
                grant.wrapped = bytes(len(grant.wrapped))
        db.session.commit()
    for address in ("/cases", "/", other):
        assert "Người Khác" in counselor.get(address).words
    assert SAYS in counselor.get(case).words
    assert SAYS in counselor.get(case + "/contacts").words


def test_saving_does_not_wipe_what_could_not_be_opened(app: Flask, counselor, case):
    with app.app_context():
        person = db.session.scalars(select(PersonIdentity)).one()
        damaged = bytes([*person.address_sealed[:-1], person.address_sealed[-1] ^ 1])
        person.address_sealed = damaged
        db.session.commit()
    address = case + "/identity"
    assert counselor.submit(address, address, phone="0911 111 111").status == 303
    with app.app_context():
        assert db.session.scalars(select(PersonIdentity.address_sealed)).one() == damaged
    assert counselor.submit(address, address, address="nhà mới").status == 303
    assert "nhà mới" in counselor.get(case).words


def test_a_note_that_can_not_be_opened_is_not_replaced(app: Flask, counselor, case):
    with app.app_context():
        contact = db.session.scalars(select(Contact)).first()
        contact.note_sealed = damaged = bytes(len(contact.note_sealed))
        db.session.commit()
        address, contact_id = f"{case}/contacts/{contact.id}", contact.id
    page = counselor.submit(address, address, note="đè lên")
    assert page.status == 422
    assert "can't be replaced" in page.words
    assert page.form(address)["note"] == "đè lên"
    assert counselor.submit(address, address, note="", minutes="30").status == 303
    with app.app_context():
        assert db.session.get_one(Contact, contact_id).note_sealed == damaged


def test_an_account_whose_access_was_reset_is_told_and_nothing_breaks(
    app: Flask, counselor, case, client_as, cast: Cast
):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        secret = reset_access(account, "mật khẩu tạm thời", by=SYSTEM)
        account.must_change_password = False
        db.session.commit()
    assert secret is None
    from casework.vault import locks

    with app.app_context():
        new = locks.open_with_organisation_key(cast.accounts["counselor"], cast.organisation_secret)
    old, cast.secrets["counselor"] = cast.secrets["counselor"], new or b""
    try:
        again = client_as("counselor")
        assert SAYS in again.get(case).words
        for path, values in (
            ("/contacts/new", {"note": "x"}),
            ("/identity", {"name": "x"}),
            ("/consents/new", {"purpose": "record", "answer_given": "yes",
                               "method": "oral_witnessed", "witness": "bà Tư"}),
        ):  # fmt: skip
            page = again.submit(case + path, case + path, **values)
            assert page.status == 422, path
            assert "hold no key" in page.words
    finally:
        cast.secrets["counselor"] = old
