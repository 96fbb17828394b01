"""Needs: eleven areas assessed again and again, corrected with their history, loud when urgent."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from casework.confidential.assessments.models import AssessedArea, Assessment, NeedArea
from casework.confidential.assessments.queries import (
    holds_before,
    latest_assessments,
    settings_of,
)
from casework.confidential.cases.models import Case
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import add_months, now, today
from casework.core.database import db
from casework.organisation.settings.models import Setting, SettingValue
from casework.organisation.units.models import Unit
from tests.confidential.test_cases import open_case
from tests.days import in_days

URGENT = "Urgent: safety"


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor, opened_on=str(today() - timedelta(days=400)))


def levels(level=0, **others):
    chosen = {f"level_{area}": str(level) for area in NeedArea}
    return chosen | {f"level_{area}": str(each) for area, each in others.items()}


def assess(visitor, case, level=0, *, fields=None, **others):
    """Assess a case; `others` are levels by area."""
    address = case + "/assessments/new"
    return visitor.submit(address, address, **{**levels(level, **others), **(fields or {})})


def link(visitor, case, place=0):
    links = [a.get("href") for a in visitor.get(case + "/assessments").all("a")]
    return [to for to in links if len(to) == len(case) + len("/assessments/") + 36][place]


def test_an_assessment_is_kept_and_read_back_whole(counselor, case, app):
    note = "Ở nhờ nhà chị.\nMuốn thuê phòng. " + "Dài lắm. " * 100
    page = assess(
        counselor, case, housing=3, job=2, fields={"note_housing": note, "summary": "Khá"}
    )
    assert page.location == case
    page = counselor.get(case + "/assessments")
    assert " ".join(note.split()) in page.words
    assert "Khá" in page.words and "pressing need" in page.words
    assert page.text.count('class="levels"') == 11
    with app.app_context():
        rows = db.session.scalars(select(AssessedArea)).all()
        assert len(rows) == 11
        assert {row.area: row.level for row in rows if row.level} == {"housing": 3, "job": 2}
        actions = db.session.scalars(select(AuditEntry.action)).all()
        assert "assessment.record" in actions
    assert "being assessed" in counselor.get(case).words


def test_nothing_is_chosen_beforehand_and_everything_has_to_be(counselor, case):
    address = case + "/assessments/new"
    assert not [field for field in counselor.get(address).form(address) if "level" in field]
    page = counselor.submit(address, address, note_job="giữ lại", level_housing="2")
    assert page.status == 422
    assert page.words.count("Fill this in") >= 10
    kept = page.form(address)
    assert (kept["note_job"], kept["level_housing"]) == ("giữ lại", "2")


def test_as_last_time_only_when_it_is_asked_for(counselor, case):
    day = today() - timedelta(days=30)
    assess(counselor, case, 1, housing=3, fields={"on": str(day), "note_housing": "lần trước"})
    address = case + "/assessments/new"
    page = counselor.get(address)
    assert not [field for field in page.form(address) if "level" in field]
    assert "Last time: pressing need" in page.words and "lần trước" in page.words
    form = counselor.get(address + "?as_last=1").form(address)
    assert (form["level_housing"], form["level_job"]) == ("3", "1")
    assert form["note_housing"] == ""


def test_the_urgent_flag_is_loud_while_the_newest_assessment_has_it(counselor, case, client_as):
    first, second = (str(today() - timedelta(days=days)) for days in (20, 10))
    assert URGENT not in counselor.get(case).words
    assess(counselor, case, safety=3, fields={"on": first, "is_urgent": "y"})
    for page in (case, case + "/contacts", case + "/assessments", case + "/contacts/new"):
        assert URGENT in counselor.get(page).words, page
    assert URGENT not in client_as("coordinator").get(case).words, "what was said stays inside"
    assess(counselor, case, safety=1, fields={"on": second})
    assert URGENT not in counselor.get(case).words
    older = link(counselor, case, 1)
    counselor.submit(older, older, is_urgent="y", summary="vẫn vậy")
    assert URGENT not in counselor.get(case).words, "an older one says nothing about now"
    newest = link(counselor, case)
    assert counselor.submit(newest, newest, is_urgent="y").status == 303
    assert URGENT in counselor.get(case).words


def test_a_correction_keeps_what_was_said(counselor, case):
    assess(counselor, case, housing=3, fields={"note_housing": "câu đầu", "summary": "lúc đầu"})
    address = link(counselor, case)
    page = counselor.submit(address, address, level_housing="1", note_housing="câu sau")
    assert page.status == 303
    page = counselor.get(address)
    assert page.form(address)["level_housing"] == "1"
    assert page.form(address)["note_housing"] == "câu sau"
    assert "pressing need: câu đầu" in page.words
    assert "lúc đầu" in page.words


def test_the_second_of_two_sees_both_even_when_only_a_note_changed(counselor, case):
    assess(counselor, case, fields={"note_job": "đầu"})
    address = link(counselor, case)
    first, second = counselor.get(address), counselor.get(address)
    assert counselor.submit(first, address, note_job="của người kia").status == 303
    page = counselor.submit(second, address, note_job="của tôi", level_job="2")
    assert page.status == 409
    assert "của người kia" in page.words and "some need: của tôi" in page.words
    assert page.form(address)["note_job"] == "của tôi"
    assert counselor.submit(page, address).status == 303


def test_change_is_told_in_numbers_and_drawn(counselor, case):
    early, late = (str(today() - timedelta(days=days)) for days in (90, 1))
    assess(counselor, case, 2, fields={"on": early})
    assess(counselor, case, 2, housing=0, job=1, legal=3, fields={"on": late})
    words = counselor.get(case + "/assessments").words
    assert "less is needed in 2 areas, more in 1, as much in 8" in words
    panel = counselor.get(case + "/assessments", headers={"HX-Request": "true", "HX-Target": "x"})
    assert "legal help pressing need" in panel.words
    assert panel.all("table") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"on": "2126-01-01"}, "too far ahead"),
        ({"on": "1999-01-01"}, "too long ago"),
        ({"on": "31/02/2026"}, "Not a date"),
        ({"on": in_days(-500)}, "opened after this day"),
        ({"level_job": "4"}, "Not a valid choice"),
        ({"level_job": "-1"}, "Not a valid choice"),
        ({"level_job": "urgent"}, "Not a valid choice"),
        ({"note_job": "x" * 20_001}, "At most 20000"),
        ({"note_job": "a\x00b"}, "can't be kept"),
        ({"is_urgent": "y"}, "yet there is no need here"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(counselor, case, app, fields, said):
    address = case + "/assessments/new"
    values = {**levels(), "summary": "giữ lại", **fields}
    page = counselor.submit(address, address, **values)
    assert page.status == 422
    assert said in page.words
    assert page.form(address)["summary"] == "giữ lại"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Assessment)) == 0


def test_one_assessment_a_day(counselor, case):
    assess(counselor, case)
    page = assess(counselor, case)
    assert page.status == 422
    assert "of this day already" in page.words


def test_a_form_sent_twice_is_one_assessment(counselor, case, app):
    address = case + "/assessments/new"
    form = counselor.get(address)
    answers = {counselor.submit(form, address, **levels()).location for _ in range(5)}
    assert answers == {case}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Assessment)) == 1


def test_a_closed_case_is_not_assessed(counselor, case):
    assess(counselor, case)
    address = link(counselor, case)
    counselor.submit(case + "/closure", case + "/closure", reason="goals_met")
    assert "Assess the needs" not in counselor.get(case + "/assessments").words
    assert "This case is closed" in assess(counselor, case, fields={"on": str(today())}).words
    assert counselor.submit(address, address, summary="thêm").status == 422


@pytest.mark.parametrize("who", ["counselor2", "counselor-b", "coordinator", "unithead", "dpo"])
def test_nobody_else_reads_it(counselor, case, client_as, who):
    assess(counselor, case, fields={"summary": "riêng"})
    for address in (case + "/assessments", case + "/assessments/new", link(counselor, case)):
        page = client_as(who).get(address)
        assert page.status in (403, 404)
        assert "riêng" not in page.text


def test_how_long_an_assessment_holds_is_the_setting_of_its_day(counselor, case, app, client_as):
    """A later rule shortens nothing that was done under the earlier one."""
    assess(counselor, case, fields={"on": str(today() - timedelta(days=100))})
    with app.app_context():
        found = db.session.scalars(select(Case)).one()
        province = db.session.get_one(Unit, found.unit_id).province_id
        db.session.add(
            SettingValue(
                key=Setting.ASSESSMENT_MONTHS,
                province_id=province,
                from_on=today() - timedelta(days=50),
                value="2",
                source="thử",
                recorded_by=SYSTEM.id,
            )
        )
        db.session.commit()
        settings = settings_of(found)
        old, new = (today() - timedelta(days=days) for days in (100, 40))
        assert holds_before(old, settings) == add_months(old, 6)
        assert holds_before(new, settings) == add_months(new, 2)
    page = counselor.get(case + "/assessments")
    assert f"{add_months(old, 6):%d/%m/%Y}" in page.words
    assert "overdue" not in page.words
    with time_machine.travel(now() + timedelta(days=100)):
        assert "overdue" in client_as("counselor").get(case + "/assessments").words


def test_the_newest_day_of_every_case_as_of_a_day(counselor, case, app):
    other = open_case(counselor)
    first, second = today() - timedelta(days=60), today() - timedelta(days=5)
    for day in (first, second):
        assess(counselor, case, fields={"on": str(day)})
    with app.app_context():

        def newest(on: date) -> dict[str, date | None]:
            return {str(each.case_id): each.on for each in latest_assessments(on=on)}

        ids = [address.split("/")[2] for address in (case, other)]
        assert newest(today()) == {ids[0]: second, ids[1]: None}
        assert newest(second - timedelta(days=1)) == {ids[0]: first, ids[1]: None}
        assert newest(first - timedelta(days=1)) == dict.fromkeys(ids)
