"""Reminders: set, postponed, done, dropped; sealed; theirs who hold the case."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from casework.confidential.reminders.models import Reminder
from casework.core.clock import today
from casework.core.database import db
from tests.confidential.test_cases import open_case
from tests.page import Page, Visitor

TEXT = "Hỏi lại về lớp may\nở xã bên"


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(date(2026, 10, 15), tick=False):
        yield


@pytest.fixture
def counselor(client_as) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def case(counselor) -> str:
    return open_case(counselor)


def remind(visitor: Visitor, case: str, text: str = TEXT, on: str = "2026-10-20") -> Page:
    address = f"{case}/reminders/new"
    return visitor.submit(address, address, text=text, due_on=on)


def only(app) -> Reminder:
    with app.app_context():
        return db.session.scalars(select(Reminder)).one()


def test_a_reminder_is_sealed_and_read_again_whole(app, counselor, case):
    assert remind(counselor, case).status == 303
    row = only(app)
    assert row.text_sealed and b"may" not in row.text_sealed
    page = counselor.get(f"{case}/reminders")
    assert TEXT in page.text and "20/10/2026" in page.words


@pytest.mark.parametrize(
    ("text", "on", "said"),
    [
        ("", "2026-10-20", "Fill this in"),
        ("   ", "2026-10-20", "Fill this in"),
        ("x" * 20_001, "2026-10-20", "At most"),
        ("a\0b", "2026-10-20", "can't be kept"),
        (TEXT, "", "Fill this in"),
        (TEXT, "2026-10-14", "too long ago"),
        (TEXT, "2126-01-01", "too far ahead"),
        (TEXT, "31/02/2026", "Not a date"),
    ],
)
def test_what_can_not_be_is_refused_with_the_text(app, counselor, case, text, on, said):
    page = remind(counselor, case, text, on)
    assert page.status == 422 and said in page.words
    assert page.form(f"{case}/reminders/new")["text"] == text.replace("\0", "").strip()
    with app.app_context():
        assert db.session.scalars(select(Reminder)).all() == []


def test_it_is_postponed_and_the_second_of_two_is_told(app, counselor, case):
    remind(counselor, case)
    address = f"{case}/reminders/{only(app).id}"
    stale = counselor.get(address)
    assert counselor.submit(address, address, due_on="2026-11-01").status == 303
    page = counselor.submit(stale, address, text="của tôi", due_on="2026-11-05")
    assert page.status == 409 and "của tôi" in page.words and "lớp may" in page.words
    assert counselor.submit(page, address).status == 303
    assert only(app).due_on == date(2026, 11, 5)


@pytest.mark.parametrize(("deed", "said"), [("done", "done on"), ("drop", "dropped on")])
def test_done_or_dropped_it_stays_readable(app, counselor, case, deed, said):
    remind(counselor, case)
    end = f"{case}/reminders/{only(app).id}/{deed}"
    assert counselor.submit(f"{case}/reminders", end).status == 303
    page = counselor.get(f"{case}/reminders")
    assert f"{said} 15/10/2026" in page.words and TEXT in page.text
    token = page.all("input", name="csrf_token")[0].get("value")
    again = counselor.post(end, {"csrf_token": token})
    assert again.status == 422 and "done or dropped already" in again.words
    assert f"{case}/reminders/{only(app).id}" not in counselor.get("/due?kind=reminder").text


def test_only_those_entrusted_reach_it(app, client_as, counselor, case):
    remind(counselor, case)
    for name, status in (("counselor2", 404), ("unithead", 403), ("counselor-b", 404)):
        stranger = client_as(name)
        assert stranger.get(f"{case}/reminders").status == status
        assert stranger.get(f"{case}/reminders/{only(app).id}").status == status
    other = open_case(client_as("counselor2"), name="Người Khác")
    assert client_as("counselor2").get(f"{other}/reminders/{only(app).id}").status == 404


def test_a_closed_case_takes_none(counselor, case):
    closure = f"{case}/closure"
    form = counselor.get(f"{case}/reminders/new")
    assert counselor.submit(closure, closure, reason="moved").status == 303
    page = counselor.submit(
        form, f"{case}/reminders/new", text=TEXT, due_on=str(today() + timedelta(days=2))
    )
    assert page.status == 422 and "case is closed" in page.words


def test_it_goes_with_the_case(app, cast, client_as, counselor, case):
    remind(counselor, case, on="2026-10-16")
    address = f"{case}/assignment"
    second = str(cast.accounts["counselor2"])
    assert client_as("coordinator").submit(address, address, counselor=second).status == 303
    receiver = client_as("counselor2")
    assert f"{case}/reminders" in receiver.get("/due?kind=reminder").text
    assert TEXT in receiver.get(f"{case}/reminders").text
    assert UUID(case[-36:]) == only(app).case_id
