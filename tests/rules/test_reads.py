"""No row in the log means no read; opening a page changes nothing."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from casework.core import audit
from casework.core.audit import AuditEntry, Outcome
from casework.core.database import db
from tests.rules.sweep import (
    IN_PARTS,
    Answer,
    Sweep,
    digest,
    logged_since,
    part_of,
    position,
    text_of,
)
from tests.rules.world import World, ways

# What stands in the world of tests/rules/world.py and names a person or was said by one.
TOLD = (
    "Người Của A",
    "Bé Ba",
    "0900 123 456",
    "ấp Bình An",
    "Gọi sau 19",
    "ghi chép a",
    "Chị Bảy",
    "Anh Tư",
    "buổi đầu",
)


def shows_a_person(text: str) -> bool:
    return any(words in text for words in TOLD)


def test_opening_a_page_changes_nothing(sweep: Sweep):
    assert sweep.wrote == []


def test_every_read_of_a_person_leaves_a_row(answers: list[Answer]):
    shown = [answer for answer in answers if shows_a_person(answer.text)]
    assert len({answer.endpoint for answer in shown}) >= 10, "the pages of persons were not opened"
    unlogged = [
        (answer.who, answer.address)
        for answer in shown
        if not [row for row in answer.logged if row[1] == Outcome.READ]
    ]
    assert unlogged == []


def test_no_page_of_the_organisation_shows_a_person(answers: list[Answer], world: World):
    """Not in a workbook or a paper either."""
    opened = [answer for answer in answers if part_of(world.app, answer.endpoint) == "organisation"]
    assert len({answer.endpoint for answer in opened if answer.status == 200}) > 90
    assert len({answer.endpoint for answer in opened if answer.text.startswith(IN_PARTS)}) > 5
    assert [(a.who, a.address) for a in opened if shows_a_person(a.text)] == []


def test_a_refused_page_shows_nobody(answers: list[Answer]):
    refused = [answer for answer in answers if answer.status >= 300]
    assert refused
    assert [answer.address for answer in refused if shows_a_person(answer.text)] == []


def test_a_refused_form_shows_the_person_and_leaves_a_row(world: World):
    """The change is rolled back; the look at the person is noted all the same."""
    counselor, case = world.sign_in("counselor"), world.ids["a"]["case_id"]
    for path in ("closure", "identity", "contacts/new", "consents/new"):
        address = f"/cases/{case}/{path}"
        shown = counselor.get(address)
        head = position(world.app)
        page = counselor.submit(shown, address, on="", phone="x")
        assert page.status == 422, path
        assert shows_a_person(page.text)
        assert [row[1:] for row in logged_since(world.app, head)] == [(Outcome.READ, case)], path


def test_without_a_log_there_is_no_read(world: World, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    counselor, opened = world.sign_in("counselor"), 0
    monkeypatch.setattr(audit, "_append", full)
    for rule, method in ways(world.app):
        if method == "GET":
            answer = counselor.client.get(world.address(rule))
            assert not shows_a_person(text_of(answer.get_data())), rule.rule
            opened += answer.status_code in (503, 507)
    assert opened >= 10


def test_a_list_notes_the_cases_it_shows_and_no_others(world: World):
    counselor, head = world.sign_in("counselor"), position(world.app)
    counselor.get("/cases")
    rows = logged_since(world.app, head)
    assert rows == (("case.list", Outcome.READ, world.ids["a"]["case_id"]),)


def test_the_log_holds_no_text_that_people_typed(world: World):
    world.sign_in("counselor").get(f"/cases/{world.ids['a']['case_id']}")
    with world.app.app_context():
        rows = db.session.execute(select(AuditEntry.__table__)).all()
    assert rows
    assert not shows_a_person(str(rows))


def test_a_change_is_seen_by_the_digest(world: World):
    before = digest(world.app)
    address = f"/cases/{world.ids['a']['case_id']}/contacts/new"
    assert world.sign_in("counselor").submit(address, address, note="mới").status == 303
    assert digest(world.app) != before
