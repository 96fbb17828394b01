"""Bodies stand on decisions: what is in force on a day, what decisions do, who may record them."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import (
    Body,
    BodyKind,
    Decision,
    DecisionKind,
    Group,
    GroupKind,
)
from casework.organisation.bodies.operations import (
    Terms,
    correct_decision,
    open_body,
    open_group,
    record_decision,
)
from casework.organisation.bodies.queries import decision_on, list_decisions
from casework.organisation.history.models import Revision
from casework.organisation.meetings.models import Meeting
from casework.organisation.meetings.schedules import make_due_meetings, set_schedule
from casework.organisation.units.models import (
    Hamlet,
    Succession,
    SuccessionKind,
    Unit,
    UnitKind,
)
from tests.days import in_days

BEGIN = date(2025, 8, 1)
PDF = b"%PDF-1.7 a scan of the decision"
FORM = {
    "kind": "club",
    "name": "CLB Hoa Sen",
    "number": "12/QĐ-UBND",
    "signed_on": "2025-07-28",
    "effective_on": "01/08/2025",
    "signed_by": "Chủ tịch UBND phường",
    "paper": None,
}


def terms(number="12/QĐ-UBND", on=BEGIN):
    return Terms(number, on, on, "Chủ tịch UBND phường")


def make_body(app, cast, unit="a", name="CLB Hoa Sen", on=BEGIN, number="12/QĐ-UBND"):
    """A club with its establishment."""
    with app.app_context():
        unit_id = cast.units[unit] if isinstance(unit, str) else unit
        body = open_body(unit_id, BodyKind.CLUB, name, terms(number, on), by=SYSTEM)
        db.session.commit()
        return body.id


def make_group(app, cast, body_id=None, kind=GroupKind.COMMUNICATION, name="Bằng Lăng", on=BEGIN):
    with app.app_context():
        group = open_group(cast.units["a"], kind, name, by=SYSTEM, on=on, body_id=body_id)
        db.session.commit()
        return group.id


def merge(app, cast, last=date(2025, 6, 30)):
    """Phường 5, which became unit a."""
    with app.app_context():
        old = Unit(
            code="31825",
            name="5",
            kind=UnitKind.WARD,
            valid_from=date(2008, 1, 1),
            valid_until=last,
            parent_id=cast.units["province"],
            province_id=cast.units["province"],
            is_province=False,
            source="test",
        )
        db.session.add(old)
        db.session.flush()
        step = {"kind": "merge", "on": last + timedelta(days=1), "document": "1655/NQ-UBTVQH15"}
        db.session.add(Succession(predecessor_id=old.id, successor_id=cast.units["a"], **step))
        db.session.commit()
        return old.id


def fault(page, name):
    """The message beside a field."""
    return " ".join("".join(page.one("div", id=f"{name}-error").itertext()).split())


def test_a_body_is_recorded_with_its_decision_and_its_paper(app, cast, client_as):
    visitor = client_as("unithead")
    values = {**FORM, "paper": (BytesIO(PDF), "quyết định.pdf")}
    page = visitor.follow(visitor.submit("/bodies/new", "/bodies/new", **values))
    assert page.h1 == "CLB Hoa Sen"
    assert "12/QĐ-UBND" in page.words and "Chủ tịch UBND phường" in page.words
    assert "in effect from 01/08/2025" in page.words and "in force" in page.words
    link = next(a.get("href") for a in page.all("a") if "".join(a.itertext()) == "quyết định.pdf")
    assert client_as("inspector").client.get(link).data == PDF
    assert client_as("unithead-b").get(link).status == 404
    listed = visitor.get("/bodies").words
    assert "CLB Hoa Sen" in listed and "Club" in listed and "12/QĐ-UBND · 01/08/2025" in listed
    with app.app_context():
        body = db.session.scalars(select(Body)).one()
        assert (body.unit_id, body.active_from, body.active_until) == (cast.units["a"], BEGIN, None)
        actions = set(db.session.scalars(select(AuditEntry.action)))
        assert {"body.open", "decision.record", "file.attach"} <= actions


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"number": ""}, "number", "A body stands on a decision: write its number."),
        ({"number": "   "}, "number", "A body stands on a decision: write its number."),
        ({"signed_on": ""}, "signed_on", "Fill this in."),
        ({"signed_on": in_days(1)}, "signed_on", "too far ahead"),
        ({"effective_on": "31/02/2026"}, "effective_on", "Not a date"),
        ({"effective_on": "9999-12-31"}, "effective_on", "too far ahead"),
        ({"signed_by": ""}, "signed_by", "Fill this in."),
        ({"name": " "}, "name", "Fill this in."),
        ({"name": "x" * 201}, "name", "At most 200 characters."),
        ({"kind": ""}, "kind", "Fill this in."),
        ({"kind": "party"}, "kind", "could not coerce"),
        ({"paper": (BytesIO(b"MZ\x00 program"), "virus.exe")}, "paper", "Only these kinds"),
        ({"paper": (BytesIO(PDF), "scan.docx")}, "paper", "something else than its content"),
        ({"paper": (BytesIO(b""), "empty.pdf")}, "paper", "The file is empty."),
    ],
)
def test_a_body_that_can_t_be_is_refused_with_what_was_typed(
    app, client_as, changes, field, message
):
    values = {**FORM, "note": "chữ giữ lại", **changes}
    if isinstance(values["paper"], tuple):
        values["paper"] = (BytesIO(values["paper"][0].getvalue()), values["paper"][1])
    page = client_as("unithead").submit("/bodies/new", "/bodies/new", **values)
    assert page.status == 422
    assert message in fault(page, field)
    kept = page.form("/bodies/new")
    assert kept["note"] == "chữ giữ lại"
    if "name" not in changes:
        assert kept["name"] == "CLB Hoa Sen"
    with app.app_context():
        assert db.session.scalars(select(Body)).all() == []


def test_a_unit_out_of_reach_can_t_be_chosen(app, cast, client_as):
    values = {**FORM, "unit": str(cast.units["b"])}
    page = client_as("unithead").submit("/bodies/new", "/bodies/new", **values)
    assert page.status == 422
    with app.app_context():
        assert db.session.scalars(select(Body)).all() == []


def test_the_operation_itself_asks_for_a_decision(app, cast):
    with app.app_context(), pytest.raises(RuleBroken) as broken:
        open_body(cast.units["a"], BodyKind.CLUB, "CLB", terms("  "), by=SYSTEM)
    assert broken.value.field == "number"


def test_who_may_read_and_who_may_write(app, cast, client_as):
    body_id = make_body(app, cast)
    group_id = make_group(app, cast, body_id)
    with app.app_context():
        decision_id = db.session.scalars(select(Decision.id)).one()
    page, hamlet = f"/bodies/{body_id}", hamlet_of(app, cast)
    writing = [
        "/bodies/new",
        f"{page}/name",
        f"{page}/decisions/new",
        f"{page}/decisions/{decision_id}",
        f"{page}/groups/new",
        f"{page}/groups/attach",
        f"{page}/groups/{group_id}",
        f"/bodies/hamlets/{hamlet}",
    ]
    for who in ("volunteer", "counselor", "accountant", "inspector", "manager", "admin"):
        visitor = client_as(who)
        shown = visitor.get(page)
        assert shown.status == 200, who
        assert "Record a decision" not in shown.words
        assert not [a for a in shown.all("a") if a.get("href") in writing]
        for address in writing:
            assert visitor.get(address).status == 403, (who, address)
    other = client_as("unithead-b")
    for address in [page, *writing[1:]]:
        assert other.get(address).status == 404, address
    assert client_as("inspector-elsewhere").get(page).status == 404
    assert client_as("dpo").get(page).status == 403
    own = client_as("unithead")
    links = {a.get("href") for a in own.get(page).all("a")}
    assert set(writing[1:7]) <= links
    for address in writing:
        assert own.get(address).status == 200, address


def test_a_part_of_another_body_is_not_found(app, cast, client_as):
    one, other = make_body(app, cast), make_body(app, cast, name="Đội 2", number="13/QĐ")
    group = make_group(app, cast, other)
    with app.app_context():
        decision = db.session.scalars(select(Decision.id).where(Decision.body_id == other)).one()
    visitor = client_as("unithead")
    assert visitor.get(f"/bodies/{one}/groups/{group}").status == 404
    assert visitor.get(f"/bodies/{one}/decisions/{decision}").status == 404


def test_what_was_in_force_on_a_day(app, cast, client_as):
    body_id = make_body(app, cast)
    make_group(app, cast, body_id, name="Nhóm sớm")
    make_group(app, cast, body_id, name="Nhóm sau", on=date(2026, 3, 1))
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        reorganisation = terms("77/QĐ-UBND", date(2026, 2, 1))
        record_decision(body, DecisionKind.REORGANISATION, reorganisation, by=SYSTEM)
        record_decision(body, DecisionKind.DISSOLUTION, terms("99/QĐ-UBND", date(2026, 9, 30)),
                        by=SYSTEM)  # fmt: skip
        db.session.commit()
        decisions = list_decisions(body)
        numbers = {
            day: (found := decision_on(body, decisions, day)) and found.number
            for day in (
                BEGIN - timedelta(days=1),
                BEGIN,
                date(2026, 1, 31),
                date(2026, 2, 1),
                date(2026, 9, 30),
                date(2026, 10, 1),
            )
        }
    assert list(numbers.values()) == [
        None, "12/QĐ-UBND", "12/QĐ-UBND", "77/QĐ-UBND", "77/QĐ-UBND", None
    ]  # fmt: skip
    visitor = client_as("inspector")
    before = visitor.get("/bodies?on=2025-07-31")
    assert "No body existed on this day" in before.words
    early = visitor.get("/bodies?on=2026-01-31")
    assert "12/QĐ-UBND" in early.words and "Nhóm sớm" in early.words
    assert "Nhóm sau" not in early.words and "77/QĐ-UBND" not in early.words
    late = visitor.get("/bodies?on=30/09/2026")
    assert "77/QĐ-UBND" in late.words and "Nhóm sau" in late.words
    assert "No body existed" in visitor.get("/bodies?on=2026-10-01").words
    now = visitor.get("/bodies")
    assert "Dissolved: 1" in now.words and "dissolved on 30/09/2026" in now.words
    wrong = visitor.get("/bodies?on=31/02/2026")
    assert wrong.status == 422 and "Not a date" in wrong.words


def test_a_dissolution_ends_the_body_its_groups_and_what_is_still_due(app, cast, client_as):
    body_id = make_body(app, cast)
    group_id = make_group(app, cast, body_id)
    gone = make_group(app, cast, body_id, name="Đã nghỉ")
    with app.app_context():
        db.session.get_one(Group, gone).active_until = date(2026, 1, 31)
        group = db.session.get_one(Group, group_id)
        set_schedule(group, week=1, weekday=0, interval_months=1, by=SYSTEM, on=BEGIN)
        make_due_meetings([group], today() + timedelta(days=300))
        db.session.commit()
    visitor, last = client_as("unithead"), today() - timedelta(days=40)
    address = f"/bodies/{body_id}/decisions/new"
    values = {**FORM, "kind": "dissolution", "number": "99/QĐ", "effective_on": str(last)}
    assert visitor.submit(address, address, **values).status == 303
    with app.app_context():
        ends = {group.id: group.active_until for group in db.session.scalars(select(Group))}
        assert ends == {group_id: last, gone: date(2026, 1, 31)}
        assert db.session.get_one(Body, body_id).active_until == last
        due = db.session.scalars(select(Meeting.due_on)).all()
        assert due and max(due) <= last
    again = visitor.submit(address, address, **{**values, "number": "100/QĐ"})
    assert again.status == 422 and "dissolved already" in fault(again, "kind")
    later = {**values, "kind": "reorganisation", "number": "100/QĐ", "effective_on": str(today())}
    assert "dissolved already" in fault(visitor.submit(address, address, **later), "effective_on")
    group_new = f"/bodies/{body_id}/groups/new"
    refused = visitor.submit(group_new, group_new, name="Mới", active_from=str(today()))
    assert refused.status == 422 and "dissolved already" in fault(refused, "active_from")


def test_a_dissolution_taken_for_another_decision_is_corrected(app, cast, client_as):
    """Whoever took the wrong club finds everything as it was."""
    body_id = make_body(app, cast)
    group_id = make_group(app, cast, body_id)
    with app.app_context():
        group = db.session.get_one(Group, group_id)
        set_schedule(group, week=1, weekday=0, interval_months=1, by=SYSTEM, on=BEGIN)
        make_due_meetings([group], today() + timedelta(days=365))
        db.session.commit()
        due = set(db.session.scalars(select(Meeting.due_on)))
        body = db.session.get_one(Body, body_id)
        wrong = record_decision(body, DecisionKind.DISSOLUTION, terms("9/QĐ", today()), by=SYSTEM)
        db.session.commit()
        assert max(db.session.scalars(select(Meeting.due_on))) <= today()
        decision_id = wrong.id
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/decisions/{decision_id}"
    assert visitor.submit(address, address, kind="reorganisation", paper=None).status == 303
    with app.app_context():
        assert db.session.get_one(Body, body_id).active_until is None
        assert db.session.get_one(Group, group_id).active_until is None
        assert due <= set(db.session.scalars(select(Meeting.due_on)))
    assert "dissolution" not in visitor.get("/bodies").words


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"effective_on": "2025-07-31"}, "effective_on", "established on 01/08/2025"),
        ({"kind": "reorganisation", "effective_on": "2025-07-31"}, "effective_on", "established"),
        ({"effective_on": "2026-01-31"}, "effective_on", "another decision"),
        ({"effective_on": "2026-02-15"}, "effective_on", "The group Bằng Lăng begins on"),
        ({"number": "12/qđ-ubnd"}, "number", "recorded already"),
        ({"number": ""}, "number", "stands on a decision"),
        ({"kind": "establishment"}, "kind", "Not a valid choice"),
        ({"unit": "nonsense"}, "unit", "Invalid Choice"),
    ],
)
def test_decisions_keep_their_order(app, cast, client_as, changes, field, message):
    body_id = make_body(app, cast)
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        later = terms("77/QĐ", date(2026, 2, 1))
        record_decision(body, DecisionKind.REORGANISATION, later, by=SYSTEM)
        db.session.commit()
    make_group(app, cast, body_id, on=date(2026, 3, 1))
    address = f"/bodies/{body_id}/decisions/new"
    values = {
        **FORM,
        "kind": "dissolution",
        "number": "99/QĐ",
        "effective_on": "2026-09-30",
        "note": "giữ lại",
    }
    page = client_as("unithead").submit(address, address, **{**values, **changes})
    assert page.status == 422
    assert message.lower() in fault(page, field).lower()
    assert page.form(address)["note"] == "giữ lại"
    with app.app_context():
        assert db.session.get_one(Body, body_id).active_until is None
        assert len(db.session.scalars(select(Decision)).all()) == 2


def test_a_merged_unit_s_club_goes_on_and_asks_for_a_reorganisation(app, cast, client_as):
    old = merge(app, cast)
    body_id = make_body(app, cast, unit=old, on=date(2017, 5, 1), name="CLB Phường 5")
    own = make_body(app, cast, name="CLB Bạc Liêu", number="1/QĐ")
    with app.app_context():
        group = open_group(old, GroupKind.COUNSELLING, "Sen", by=SYSTEM, on=date(2017, 5, 1),
                           body_id=body_id)  # fmt: skip
        set_schedule(group, week=1, weekday=0, interval_months=1, by=SYSTEM, on=date(2025, 1, 1))
        make_due_meetings([group], today() + timedelta(days=100))
        db.session.commit()
        group_id = group.id
    sentence = (
        "This body still stands under Phường 5, which became Phường Bạc Liêu on 01/07/2025. "
        "Record a reorganisation decision."
    )
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/decisions/new"
    for page in (visitor.get("/bodies"), visitor.get(f"/bodies/{body_id}")):
        assert sentence in page.words
        assert [a for a in page.all("a") if a.get("href") == address]
    inspector = client_as("inspector").get(f"/bodies?unit={cast.units['a']}")
    assert sentence in inspector.words and "CLB Bạc Liêu" in inspector.words
    assert not [a for a in inspector.all("a") if a.get("href") == address]
    assert client_as("unithead-b").get(f"/bodies/{body_id}").status == 404
    form = visitor.get(address).form(address)
    assert form["unit"] == str(cast.units["a"]), "what the unit became is chosen"
    moved = {**FORM, "kind": "reorganisation", "number": "8/QĐ", "effective_on": "2025-07-01"}
    assert visitor.submit(address, address, **moved).status == 303
    assert "still stands under" not in visitor.get("/bodies").words
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        assert body.unit_id == cast.units["a"]
        assert db.session.get_one(Group, group_id).unit_id == cast.units["a"]
        units = {decision.number: decision.unit_id for decision in list_decisions(body)}
        assert units == {"12/QĐ-UBND": old, "8/QĐ": cast.units["a"]}, "earlier ones keep theirs"
        for meeting in db.session.scalars(select(Meeting)):
            assert (meeting.unit_id == old) == (meeting.due_on < date(2025, 7, 1))
        assert db.session.get_one(Body, own).unit_id == cast.units["a"]
    assert "CLB Phường 5" in visitor.get("/bodies?on=2020-01-01").words


def test_only_unmerged_bodies_are_seen_by_an_inspector_of_a_unit_without_its_own(
    app, cast, client_as
):
    """A unit whose only body still stands under its predecessor is among those to choose."""
    make_body(app, cast, unit=merge(app, cast), on=date(2017, 5, 1))
    assert "still stands under Phường 5" in client_as("inspector").get("/bodies").words


@pytest.mark.parametrize(
    ("unit", "effective_on", "message"),
    [
        ("old", "2025-07-01", "Phường 5 exists until 30/06/2025 only."),
        ("a", "2025-06-30", "exists from 01/07/2025 on. Choose the unit of that time: Phường 5."),
        ("b", "2020-01-01", None),
    ],
)  # fmt: skip
def test_a_decision_names_a_unit_of_its_day(app, cast, unit, effective_on, message):
    """Where a unit's past is not known, its earlier decisions can be recorded all the same."""
    units = {**cast.units, "old": merge(app, cast)}
    with app.app_context():
        day = date.fromisoformat(effective_on)
        if message is None:
            assert open_body(units[unit], BodyKind.CLUB, "CLB", terms(on=day), by=SYSTEM)
            return
        with pytest.raises(RuleBroken, match=message) as broken:
            open_body(units[unit], BodyKind.CLUB, "CLB", terms(on=day), by=SYSTEM)
    assert broken.value.field == "unit"


def test_a_move_is_recorded_once_its_day_has_come(app, cast):
    body_id = make_body(app, cast)
    with app.app_context():
        body, tomorrow = db.session.get_one(Body, body_id), today() + timedelta(days=1)
        with pytest.raises(RuleBroken, match="has not come yet"):
            record_decision(body, DecisionKind.REORGANISATION, terms("2/QĐ", tomorrow),
                            unit_id=cast.units["b"], by=SYSTEM)  # fmt: skip
        record_decision(body, DecisionKind.REORGANISATION, terms("2/QĐ", today()),
                        unit_id=cast.units["b"], by=SYSTEM)  # fmt: skip
        assert body.unit_id == cast.units["b"]
        late = terms("1/QĐ", date(2026, 1, 1))
        record_decision(body, DecisionKind.REORGANISATION, late, by=SYSTEM,
                        unit_id=cast.units["a"])  # fmt: skip
        assert body.unit_id == cast.units["b"], "what was recorded late does not overrule later"


def test_a_correction_keeps_what_it_corrects(app, cast, client_as):
    body_id = make_body(app, cast)
    make_group(app, cast, body_id)
    with app.app_context():
        decision_id = db.session.scalars(select(Decision.id)).one()
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/decisions/{decision_id}"
    opened, tab = visitor.get(address), visitor.get(address)
    changes = {
        "number": "21/QĐ-UBND",
        "effective_on": "2025-07-30",
        "paper": (BytesIO(PDF), "a.pdf"),
    }
    assert visitor.submit(opened, address, **changes).status == 303
    page = visitor.get(f"/bodies/{body_id}")
    assert "21/QĐ-UBND" in page.words and "a.pdf" in page.words
    assert "What it said earlier" in page.words and "12/QĐ-UBND" in page.words
    with app.app_context():
        assert db.session.get_one(Body, body_id).active_from == date(2025, 7, 30)
    stale = visitor.submit(tab, address, number="33/QĐ", note="của tôi", paper=None)
    assert stale.status == 409
    assert "33/QĐ" in stale.words and "21/QĐ-UBND" in stale.words and "của tôi" in stale.words
    kept = stale.form(address)
    assert kept["number"] == "33/QĐ"
    assert visitor.submit(stale, address, paper=None).status == 303
    with app.app_context():
        assert db.session.get_one(Decision, decision_id).number == "33/QĐ"
        said = db.session.scalars(
            select(Revision.said).where(Revision.subject_id == decision_id)
        ).all()
        assert len(said) == 2


def test_a_paper_alone_is_no_correction(app, cast, client_as):
    body_id = make_body(app, cast)
    with app.app_context():
        decision_id = db.session.scalars(select(Decision.id)).one()
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/decisions/{decision_id}"
    assert visitor.submit(address, address, paper=(BytesIO(PDF), "a.pdf")).status == 303
    with app.app_context():
        assert db.session.scalars(select(Revision)).all() == []
    assert "a.pdf" in visitor.get(f"/bodies/{body_id}").words
    lying = visitor.submit(address, address, number="7/QĐ", paper=(BytesIO(PDF), "a.png"))
    assert lying.status == 422 and "something else" in fault(lying, "paper")
    assert lying.form(address)["number"] == "7/QĐ"


def test_a_correction_keeps_the_order_too(app, cast):
    body_id = make_body(app, cast)
    with app.app_context():
        body = db.session.get_one(Body, body_id)
        first = list_decisions(body)[0]
        later = terms("77/QĐ", date(2026, 2, 1))
        second = record_decision(body, DecisionKind.REORGANISATION, later, by=SYSTEM)
        db.session.flush()
        cases = [
            (
                first,
                DecisionKind.ESTABLISHMENT,
                terms(on=date(2026, 2, 2)),
                "holds from 01/02/2026",
            ),
            (second, DecisionKind.REORGANISATION, terms("7", date(2025, 7, 1)), "established on"),
            (second, DecisionKind.ESTABLISHMENT, later, "Only the first decision"),
            (first, DecisionKind.DISSOLUTION, terms(), "Only the first decision"),
            (second, DecisionKind.REORGANISATION, terms(), "recorded already"),
        ]
        for decision, kind, changed, message in cases:
            with pytest.raises(RuleBroken, match=message):
                correct_decision(body, decision, kind, changed, by=SYSTEM)
        with pytest.raises(RuleBroken, match="established already"):
            record_decision(body, DecisionKind.ESTABLISHMENT, terms("3"), by=SYSTEM)


def test_a_body_is_renamed_and_its_earlier_name_stays(app, cast, client_as):
    body_id = make_body(app, cast)
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/name"
    opened, tab = visitor.get(address), visitor.get(address)
    assert visitor.submit(opened, address, name="CLB Hướng Dương").status == 303
    page = visitor.get(f"/bodies/{body_id}")
    assert page.h1 == "CLB Hướng Dương" and "CLB Hoa Sen" in page.words
    stale = visitor.submit(tab, address, name="CLB Cúc")
    assert stale.status == 409
    assert "CLB Cúc" in stale.words and "CLB Hướng Dương" in stale.words
    empty = visitor.submit(address, address, name=" ")
    assert empty.status == 422 and "Fill this in." in fault(empty, "name")


def test_groups_are_set_up_attached_renamed_and_ended(app, cast, client_as):
    body_id = make_body(app, cast)
    self_help = make_group(app, cast, kind=GroupKind.SELF_HELP, name="Hoa Cúc")
    make_group(app, cast, make_body(app, cast, name="Đội", number="5"), name="Của đội")
    visitor, page = client_as("unithead"), f"/bodies/{body_id}"
    new = visitor.get(f"{page}/groups/new")
    assert "Self-help and peer groups hold keys" in new.words
    kinds = {option.get("value") for option in new.one("select", id="kind").iter("option")}
    assert kinds == {"communication", "counselling", "other"}
    forbidden = visitor.submit(new, f"{page}/groups/new", name="Lén", kind="self_help")
    assert forbidden.status == 422
    early = visitor.submit(new, f"{page}/groups/new", name="Sớm", active_from="2025-07-31")
    assert early.status == 422 and "established on" in fault(early, "active_from")
    values = {"name": "Bằng Lăng", "kind": "counselling", "active_from": "2026-01-01"}
    assert visitor.submit(new, f"{page}/groups/new", **values).status == 303
    attach = visitor.get(f"{page}/groups/attach")
    offered = [option.get("value") for option in attach.one("select").iter("option")]
    assert offered == [str(self_help)], "groups of another body are not offered"
    assert visitor.submit(attach, f"{page}/groups/attach").status == 303
    assert "Every group of the unit belongs to a body" in visitor.get(f"{page}/groups/attach").words
    shown = visitor.get(page)
    assert "Bằng Lăng" in shown.words and "Hoa Cúc" in shown.words
    with app.app_context():
        group_id = db.session.scalars(select(Group.id).where(Group.name == "Bằng Lăng")).one()
    address = f"{page}/groups/{group_id}"
    opened, tab = visitor.get(address), visitor.get(address)
    wrong = visitor.submit(opened, address, active_until="2025-12-31")
    assert wrong.status == 422 and "begins on 01/01/2026" in fault(wrong, "active_until")
    ended = visitor.submit(opened, address, name="Phượng", active_until="2026-06-30")
    assert ended.status == 303
    shown = visitor.follow(ended)
    assert "Phượng" in shown.words and "30/06/2026" in shown.words
    assert "Bằng Lăng" in shown.words, "the earlier name stays"
    assert visitor.submit(tab, address, name="Mai").status == 409


def test_a_group_of_another_unit_is_not_attached(app, cast, client_as):
    body_id = make_body(app, cast)
    with app.app_context():
        strange = open_group(cast.units["b"], GroupKind.OTHER, "Lạ", by=SYSTEM, on=BEGIN)
        db.session.commit()
        strange_id = strange.id
    make_group(app, cast)
    address = f"/bodies/{body_id}/groups/attach"
    page = client_as("unithead").submit(address, address, group=str(strange_id))
    assert page.status == 422
    with app.app_context():
        assert db.session.get_one(Group, strange_id).body_id is None


def test_an_ended_group_owes_no_meetings(app, cast, client_as):
    group_id = make_group(app, cast, body_id := make_body(app, cast))
    with app.app_context():
        group = db.session.get_one(Group, group_id)
        set_schedule(group, week=1, weekday=0, interval_months=1, by=SYSTEM, on=BEGIN)
        make_due_meetings([group], today() + timedelta(days=100))
        db.session.commit()
    visitor, address = client_as("unithead"), f"/bodies/{body_id}/groups/{group_id}"
    assert visitor.submit(address, address, active_until="2026-06-30").status == 303
    with app.app_context():
        assert max(db.session.scalars(select(Meeting.due_on))) == date(2026, 6, 1)
    assert visitor.submit(address, address, active_until="").status == 303
    with app.app_context():
        assert max(db.session.scalars(select(Meeting.due_on))) > today()


def hamlet_of(app, cast, unit="a", name="Khóm 1"):
    with app.app_context():
        hamlet = Hamlet(unit_id=cast.units[unit], name=name, active_from=BEGIN)
        db.session.add(hamlet)
        db.session.commit()
        return hamlet.id


def test_hamlets_are_added_many_at_once_renamed_and_ended(app, cast, client_as):
    visitor, page = client_as("unithead"), "/bodies/hamlets"
    assert "No hamlet yet" in visitor.get(page).words
    names = "Khóm 10\n\n  Khóm 2 \nẤp Đông"
    shown = visitor.follow(visitor.submit(page, page, names=names, active_from="2025-07-01"))
    assert all(name in shown.words for name in ("Khóm 10", "Khóm 2", "Ấp Đông"))
    for wrong, message in [
        ("Mới\nkhom 2", "khom 2 is in the list already."),
        ("Mới\nMỚI", "Written twice: Mới."),
        ("\n".join(f"Ấp {n}" for n in range(101)), "At most 100 lines"),
        ("x" * 201, "At most 100 lines of 200 letters."),
        (" \n ", "Fill this in."),
    ]:
        refused = visitor.submit(page, page, names=wrong)
        assert refused.status == 422 and message in fault(refused, "names")
        if wrong.strip():
            assert refused.form(page)["names"].strip() == wrong.strip()
    with app.app_context():
        hamlet = db.session.scalars(select(Hamlet).where(Hamlet.name == "Khóm 2")).one().id
        assert len(db.session.scalars(select(Hamlet)).all()) == 3
    address = f"{page}/{hamlet}"
    opened, tab = visitor.get(address), visitor.get(address)
    taken = visitor.submit(opened, address, name="ấp đông")
    assert taken.status == 422 and "in the list already" in fault(taken, "name")
    early = visitor.submit(opened, address, active_until="2025-06-30")
    assert early.status == 422 and "begins on 01/07/2025" in fault(early, "active_until")
    ended = visitor.submit(opened, address, name="Khóm Hai", active_until="2026-01-31")
    assert "31/01/2026" in visitor.follow(ended).words
    assert "Khóm 2" in visitor.get(address).words, "the earlier name stays"
    stale = visitor.submit(tab, address, name="Khóm 22")
    assert stale.status == 409 and "Khóm 22" in stale.words and "Khóm Hai" in stale.words
    assert visitor.submit(stale, address).status == 303


def test_hamlets_of_another_unit_are_out_of_reach(app, cast, client_as):
    hamlet, visitor = hamlet_of(app, cast), client_as("unithead-b")
    assert visitor.get(f"/bodies/hamlets/{hamlet}").status == 404
    assert visitor.get(f"/bodies/hamlets?unit={cast.units['a']}").status == 404
    reader = client_as("volunteer")
    shown = reader.get("/bodies/hamlets")
    assert shown.status == 200 and "Khóm 1" in shown.words
    assert not [form for form in shown.all("form") if form.get("action", "").startswith("/bodies")]
    token = shown.form("/sign-out")["csrf_token"]
    answer = reader.post("/bodies/hamlets", {"csrf_token": token, "names": "Lén"})
    assert answer.status == 403


def test_pages_of_a_large_unit_cost_few_statements(app, cast, client_as):
    """Thirty bodies with five groups each; the fixture asserts twelve statements a page."""
    for number in range(30):
        body_id = make_body(app, cast, name=f"CLB {number}", number=f"{number}/QĐ")
        for group in range(5):
            make_group(app, cast, body_id, name=f"Nhóm {group}")
    visitor = client_as("unithead")
    page = visitor.get("/bodies")
    assert page.words.count("CLB ") == 30
    assert isinstance(UUID(str(body_id)), UUID) and visitor.get(f"/bodies/{body_id}").status == 200


def test_a_merger_that_is_decided_gives_nothing_before_its_day(app, cast, client_as):
    """Recorded ahead, it opens the coming unit's door on its day and not before."""
    body = make_body(app, cast)
    with app.app_context():
        db.session.add(
            Succession(
                predecessor_id=cast.units["a"], successor_id=cast.units["b"],
                kind=SuccessionKind.MERGE, on=date(2027, 1, 1), document="1/NQ",
            )
        )  # fmt: skip
        db.session.commit()
    for day, status in ((date(2026, 12, 31), 404), (date(2027, 1, 1), 200)):
        with time_machine.travel(day, tick=False):
            assert client_as("unithead-b").get(f"/bodies/{body}").status == status
