"""Regulations: which is in force on a day, and the meetings their rules make due."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body, DecisionKind, Group, GroupKind
from casework.organisation.bodies.operations import record_decision
from casework.organisation.history.models import Revision
from casework.organisation.meetings.models import Meeting, Schedule
from casework.organisation.meetings.operations import hold_meeting
from casework.organisation.regulations.models import Regulation
from casework.organisation.regulations.operations import (
    Rule,
    Terms,
    change_rules,
    correct_regulation,
    issue_regulation,
)
from casework.organisation.regulations.queries import find_regulation_on, list_regulations
from tests.days import in_days
from tests.organisation.test_bodies import BEGIN, PDF, fault, make_body, make_group
from tests.organisation.test_bodies import terms as decision_terms

MONDAY, SUNDAY = 0, 6
FORM = {
    "number": "01/QC-CLB",
    "signed_on": "2025-08-01",
    "signed_by": "Chủ nhiệm CLB",
    "valid_from": "2025-08-01",
    "paper": None,
}


@pytest.fixture
def body_id(app, cast):
    return make_body(app, cast)


def terms(number="01/QC", first=BEGIN, last=None):
    return Terms(number, "Chủ nhiệm CLB", first, first, last)


def issue(app, body_id, number="01/QC", first=BEGIN, last=None, rules=()):
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        regulation = issue_regulation(body, terms(number, first, last), rules, by=SYSTEM)
        db.session.commit()
        return regulation.id


def monthly(circle_id, weekday=MONDAY, week=1, interval_months=1):
    return Rule(circle_id, week, weekday, interval_months)


def due_of(app, circle_id):
    """The days on which a body or a group is due to meet, in order."""
    with app.app_context():
        of = (Meeting.body_id == circle_id) | (Meeting.group_id == circle_id)
        days = db.session.scalars(select(Meeting.due_on).where(of))
        return sorted(day for day in days if day is not None)


def test_a_regulation_is_recorded_with_its_paper_and_makes_the_year_s_meetings(
    app, cast, client_as, body_id
):
    group_id = make_group(app, cast, body_id)
    make_group(app, cast, body_id, kind=GroupKind.SELF_HELP, name="Hoa Cúc")
    visitor, page = client_as("unithead"), f"/bodies/{body_id}/regulations"
    assert "No regulation yet" in visitor.get(page).words
    assert "no regulation in force" in visitor.get("/bodies").words
    form = visitor.get(f"{page}/new")
    assert "CLB Hoa Sen" in form.words and "Bằng Lăng" in form.words
    assert "Hoa Cúc" not in form.words, "who leads a self-help group keeps its schedule"
    values = {
        **FORM,
        "rules-0-interval_months": "1",
        "rules-0-week": "2",
        "rules-0-weekday": "5",
        "rules-1-interval_months": "3",
        "rules-1-week": "5",
        "rules-1-weekday": "4",
        "paper": (BytesIO(PDF), "quy chế.pdf"),
    }
    shown = visitor.follow(visitor.submit(form, f"{page}/new", **values))
    assert "01/QC-CLB" in shown.words and "in force" in shown.words
    assert "The body: every month, second Saturday" in shown.words
    assert "Bằng Lăng: every 3 months, last Friday" in shown.words
    link = next(a.get("href") for a in shown.all("a") if "".join(a.itertext()) == "quy chế.pdf")
    assert client_as("volunteer").client.get(link).data == PDF
    assert client_as("unithead-b").get(link).status == 404
    listed = visitor.get("/bodies").words
    assert "Regulation in force: 01/QC-CLB" in listed and "second Saturday" in listed
    assert "01/QC-CLB" not in visitor.get("/bodies?on=2025-07-31").words
    own, group = due_of(app, body_id), due_of(app, group_id)
    assert own[:3] == [date(2025, 8, 9), date(2025, 9, 13), date(2025, 10, 11)]
    assert own[-1] > today() + timedelta(days=300), "the coming year stands in the calendar"
    assert group[:3] == [date(2025, 8, 29), date(2025, 11, 28), date(2026, 2, 27)]


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"number": ""}, "number", "Fill this in."),
        ({"signed_by": " "}, "signed_by", "Fill this in."),
        ({"signed_on": in_days(1)}, "signed_on", "too far ahead"),
        ({"valid_from": "31/02/2026"}, "valid_from", "Not a date"),
        ({"valid_from": "2025-07-31"}, "valid_from", "established on 01/08/2025"),
        ({"valid_until": "2025-07-31"}, "valid_until", "before the first one"),
        ({"rules-0-weekday": "9"}, "rules-0-weekday", "Choose one of the list."),
        ({"rules-0-interval_months": "5"}, "rules-0-interval_months", "Choose one of the list."),
        ({"rules-0-interval_months": "x"}, "rules-0-interval_months", "Choose one of the list."),
        ({"paper": b"MZ\x00"}, "paper", "Only these kinds"),
    ],
)
def test_a_regulation_that_can_t_be_is_refused_with_what_was_typed(
    app, client_as, body_id, changes, field, message
):
    address = f"/bodies/{body_id}/regulations/new"
    values = {**FORM, "note": "giữ lại", "rules-0-week": "3", **changes}
    if values["paper"] is not None:
        values["paper"] = (BytesIO(values["paper"]), "a.exe")
    page = client_as("unithead").submit(address, address, **values)
    assert page.status == 422
    assert message in fault(page, field)
    kept = page.form(address)
    assert (kept["note"], kept["rules-0-week"]) == ("giữ lại", "3")
    with app.app_context():
        assert db.session.scalars(select(Regulation)).all() == []
        assert db.session.scalars(select(Schedule)).all() == []


def test_a_rule_that_can_t_be_is_shown_beside_its_own_field(app, client_as, body_id, monkeypatch):
    """Meetings on holidays only are refused by the schedule itself."""

    def nothing_but_holidays(*_args, **_kwargs):
        raise RuleBroken("would fall on holidays only", field="weekday")

    target = "casework.organisation.regulations.operations.set_schedule"
    monkeypatch.setattr(target, nothing_but_holidays)
    address = f"/bodies/{body_id}/regulations/new"
    page = client_as("unithead").submit(
        address, address, **{**FORM, "rules-0-interval_months": "12"}
    )
    assert page.status == 422
    assert "holidays only" in fault(page, "rules-0-weekday")
    assert page.form(address)["rules-0-interval_months"] == "12"


def test_groups_and_bodies_of_others_are_not_ruled(app, cast, client_as, body_id):
    other = make_body(app, cast, unit="b", number="9/QĐ")
    address = f"/bodies/{body_id}/regulations/new"
    visitor = client_as("unithead")
    for strange in (str(other), "nonsense", ""):
        values = {**FORM, "rules-0-of": strange, "rules-0-interval_months": "1"}
        assert visitor.submit(address, address, **values).status == 422
    assert due_of(app, other) == []


def test_who_may_read_and_who_may_write(app, cast, client_as, body_id):
    regulation_id = issue(app, body_id)
    page = f"/bodies/{body_id}/regulations"
    writing = [f"{page}/new", f"{page}/{regulation_id}", f"{page}/{regulation_id}/rules"]
    for who in ("volunteer", "counselor", "accountant", "inspector", "admin"):
        visitor = client_as(who)
        shown = visitor.get(page)
        assert shown.status == 200 and "01/QC" in shown.words, who
        assert not [a for a in shown.all("a") if a.get("href") in writing]
        assert [visitor.get(address).status for address in writing] == [403] * 3, who
    other = client_as("unithead-b")
    assert [other.get(address).status for address in [page, *writing]] == [404] * 4
    own = client_as("unithead")
    assert [own.get(address).status for address in [page, *writing]] == [200] * 4
    foreign = make_body(app, cast, name="Đội", number="9/QĐ")
    assert own.get(f"/bodies/{foreign}/regulations/{regulation_id}").status == 404
    assert own.get(f"/bodies/{foreign}/regulations/{regulation_id}/rules").status == 404


def test_a_new_regulation_ends_the_one_before_it(app, cast, body_id):
    first = issue(app, body_id)
    issue(app, body_id, "02/QC", date(2026, 3, 1))
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        assert [each.number for each in list_regulations([body_id])] == ["02/QC", "01/QC"]
        found = {
            str(day): (regulation := find_regulation_on(body, day)) and regulation.number
            for day in (
                BEGIN - timedelta(days=1), BEGIN, date(2026, 2, 28), date(2026, 3, 1), today()
            )
        }  # fmt: skip
        assert list(found.values()) == [None, "01/QC", "01/QC", "02/QC", "02/QC"]
        assert db.session.get_one(Regulation, first).valid_until == date(2026, 2, 28)
        said = db.session.scalars(select(Revision.subject_id)).all()
        assert said == [first], "that it had no end stays readable"
        record_decision(body, DecisionKind.DISSOLUTION, decision_terms("9/QĐ", date(2026, 9, 1)),
                        by=SYSTEM)  # fmt: skip
        assert find_regulation_on(body, date(2026, 9, 1)) is not None
        assert find_regulation_on(body, date(2026, 9, 2)) is None, "the body is dissolved"
        with pytest.raises(RuleBroken, match="dissolved already"):
            issue_regulation(body, terms("03/QC", date(2026, 9, 2)), (), by=SYSTEM)


def test_two_regulations_are_never_in_force_at_once(app, body_id):
    issue(app, body_id, "02/QC", date(2026, 3, 1))
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        for last in (None, date(2026, 3, 1)):
            with pytest.raises(RuleBroken, match="02/QC is in force from 01/03/2026") as broken:
                issue_regulation(body, terms(last=last), (), by=SYSTEM)
            assert broken.value.field == "valid_until"
        with pytest.raises(RuleBroken, match="02/QC") as broken:
            issue_regulation(body, terms(first=date(2026, 3, 1)), (), by=SYSTEM)
        assert broken.value.field == "valid_from"
        earlier = issue_regulation(body, terms(last=date(2026, 2, 28)), (), by=SYSTEM)
        db.session.flush()
        with pytest.raises(RuleBroken, match="02/QC is in force"):
            correct_regulation(body, earlier, terms(), by=SYSTEM)
        second = list_regulations([body_id])[0]
        with pytest.raises(RuleBroken, match="01/QC is in force on this day"):
            correct_regulation(body, second, terms("02/QC", date(2026, 2, 28)), by=SYSTEM)


def test_a_new_regulation_s_rules_take_over_and_no_rule_ends_them(app, cast, body_id):
    group_id = make_group(app, cast, body_id)
    issue(app, body_id, rules=[monthly(body_id), monthly(group_id)])
    with app.app_context():
        group = db.session.get_one(Group, group_id)
        hold_meeting(group, date(2026, 3, 2), by=SYSTEM)
        db.session.commit()
    no_rule = Rule(group_id, 1, MONDAY, None)
    rules = [monthly(body_id, SUNDAY, week=2), no_rule]
    issue(app, body_id, "02/QC", date(2026, 2, 1), rules=rules)
    own = due_of(app, body_id)
    assert {day.weekday() for day in own if day < date(2026, 2, 1)} == {MONDAY}
    assert {day.weekday() for day in own if day >= date(2026, 2, 1)} == {SUNDAY}
    group_days = due_of(app, group_id)
    assert group_days[-1] == date(2026, 3, 2), "what was held stays"
    assert [day for day in group_days if day > date(2026, 1, 31)] == [date(2026, 3, 2)]


def test_rules_end_with_their_regulation_and_go_on_when_it_is_prolonged(
    app, cast, client_as, body_id
):
    regulation_id = issue(app, body_id, rules=[monthly(body_id)])
    assert due_of(app, body_id)[-1] > today()
    visitor = client_as("unithead")
    address = f"/bodies/{body_id}/regulations/{regulation_id}"
    last = visitor.submit(address, address, valid_until="2026-01-31", paper=None)
    assert last.status == 303
    assert max(due_of(app, body_id)) == date(2026, 1, 5)
    assert "expired" in visitor.follow(last).words
    assert visitor.submit(address, address, valid_until="", paper=None).status == 303
    assert due_of(app, body_id)[-1] > today()
    with app.app_context():
        assert len(db.session.scalars(select(Revision)).all()) == 2


def test_a_regulation_of_the_past_leaves_what_holds_today(app, body_id):
    """Somebody enters the old papers after the new one."""
    issue(app, body_id, "02/QC", date(2026, 3, 1), rules=[monthly(body_id)])
    now = due_of(app, body_id)
    issue(app, body_id, "01/QC", date(2025, 12, 1), date(2026, 2, 28), [monthly(body_id, SUNDAY)])
    assert [day for day in due_of(app, body_id) if day >= date(2026, 3, 1)] == now
    past = [day for day in due_of(app, body_id) if day < date(2026, 3, 1)]
    assert past == [date(2025, 12, 7), date(2026, 1, 4), date(2026, 2, 1)]
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        schedule = db.session.scalars(select(Schedule).order_by(Schedule.from_on)).first()
        schedule.from_on = BEGIN
        old = terms("00/QC", BEGIN, date(2025, 11, 30))
        with pytest.raises(RuleBroken, match="met by another schedule") as broken:
            issue_regulation(body, old, [monthly(body_id)], by=SYSTEM)
        assert broken.value.field == f"interval_months:{body_id}"


def test_a_schedule_that_begins_later_is_no_reason_to_lose_it(app, body_id):
    issue(app, body_id, "02/QC", date(2026, 3, 1), rules=[monthly(body_id)])
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        regulation = list_regulations([body_id])[0]
        regulation.valid_from = BEGIN
        db.session.flush()
        with pytest.raises(RuleBroken, match="begins later"):
            change_rules(body, regulation, [monthly(body_id, SUNDAY)], on=BEGIN, by=SYSTEM)


def test_meeting_rules_are_changed_under_the_same_regulation(app, cast, client_as, body_id):
    regulation_id = issue(app, body_id, rules=[monthly(body_id)])
    visitor = client_as("unithead")
    address = f"/bodies/{body_id}/regulations/{regulation_id}/rules"
    form = visitor.get(address)
    values = form.form(address)
    assert (values["rules-0-interval_months"], values["rules-0-weekday"]) == ("1", "0")
    untouched = due_of(app, body_id)
    assert visitor.submit(address, address).status == 303
    assert due_of(app, body_id) == untouched, "what is the same begins nothing anew"
    early = visitor.submit(address, address, on="2025-07-01")
    assert early.status == 422 and "not in force on this day" in fault(early, "on")
    changes = {"on": "2026-01-01", "rules-0-weekday": "6", "rules-0-week": "4"}
    assert visitor.submit(form, address, **changes).status == 303
    days = due_of(app, body_id)
    assert {day.weekday() for day in days if day < date(2026, 1, 1)} == {MONDAY}
    assert {day.weekday() for day in days if day >= date(2026, 1, 1)} == {SUNDAY}
    shown = visitor.get(f"/bodies/{body_id}/regulations").words
    assert "first Monday (01/08/2025 to 31/12/2025)" in shown
    assert "fourth Sunday (from 01/01/2026)" in shown


def test_a_group_changed_meanwhile_is_not_ruled_silently(app, cast, body_id):
    regulation_id = issue(app, body_id)
    group_id = make_group(app, cast, body_id)
    with app.app_context():
        db.session.get_one(Group, group_id).active_until = date(2026, 1, 1)
        db.session.flush()
        body = db.session.get_one(Body, body_id)
        regulation = db.session.get_one(Regulation, regulation_id)
        with pytest.raises(RuleBroken, match="changed meanwhile"):
            change_rules(body, regulation, [monthly(group_id)], on=date(2026, 2, 1), by=SYSTEM)


def test_a_correction_keeps_what_it_corrects(app, client_as, body_id):
    regulation_id = issue(app, body_id)
    visitor, page = client_as("unithead"), f"/bodies/{body_id}/regulations"
    address = f"{page}/{regulation_id}"
    opened, tab = visitor.get(address), visitor.get(address)
    changes = {"number": "11/QC", "paper": (BytesIO(PDF), "quy-che.pdf")}
    shown = visitor.follow(visitor.submit(opened, address, **changes))
    assert "11/QC" in shown.words and "quy-che.pdf" in shown.words
    assert "What it said earlier" in shown.words and "01/QC" in shown.words
    stale = visitor.submit(tab, address, number="12/QC", note="của tôi", paper=None)
    assert stale.status == 409
    assert all(text in stale.words for text in ("12/QC", "11/QC", "của tôi"))
    assert visitor.submit(stale, address, paper=None).status == 303
    lying = visitor.submit(address, address, note="giữ", paper=(BytesIO(PDF), "a.jpg"))
    assert lying.status == 422 and "something else" in fault(lying, "paper")
    assert lying.form(address)["note"] == "giữ"


def test_rules_of_a_regulation_with_a_last_day_end_with_it(app, body_id):
    issue(app, body_id, last=date(2025, 10, 31), rules=[monthly(body_id)])
    assert due_of(app, body_id) == [date(2025, 8, 4), date(2025, 9, 8), date(2025, 10, 6)]
