"""Plans of inspections: written by inspectors, approved by somebody else, told to the units."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
import time_machine
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, Actor, AuditEntry
from casework.core.database import db
from casework.core.forms import Stale
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    TeamMember,
    TeamRole,
    Visitor,
)
from casework.inspection.inspections.operations import adjust_units, approve, put_in_team, suggest
from casework.inspection.inspections.queries import list_team, list_visited
from casework.inspection.inspections.rules import (
    Planned,
    draw_units,
    find_conflicts,
    is_working_day,
    suggest_days,
    working_days,
)
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.units.models import (
    Cluster,
    ClusterMembership,
    Succession,
    SuccessionKind,
    Unit,
)
from tests.inspection.editions import judge, publish
from tests.inspection.rounds import inspection_of, make_plan

# A Thursday; the window below begins on a Monday.
NOW = "2026-10-15T08:00:00+07:00"
NEW = "/inspections/plans/new"
PLAN = {
    "title": "Kiểm tra hoạt động mô hình năm 2026",
    "legal_basis": "Căn cứ Kế hoạch công tác năm 2026 của Sở Y tế",
    "purpose": "Đánh giá hoạt động của Câu lạc bộ, Đội",
    "from_on": "2026-01-01",
    "until_on": "2026-09-30",
    "visits_from_on": "2026-11-02",
    "visits_until_on": "2026-11-20",
    "outline": "1. Tổ chức\n2. Hoạt động",
    "report_due_on": "2026-10-28",
}


@pytest.fixture(autouse=True)
def pinned():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan_at(client_as):
    """The address of a plan that an inspector wrote."""
    page = client_as("inspector").submit(NEW, NEW, **PLAN)
    assert page.status == 303, page.words
    return page.location.removesuffix("/units")


@pytest.fixture
def two_units(client_as, cast, plan_at):
    """The same with both units of the province, without days."""
    choose(client_as("inspector"), plan_at, scope="all")
    return plan_at


def choose(inspector, plan, **values):
    page = inspector.submit(plan + "/units", plan + "/units", **values)
    assert page.status == 303, page.words
    return page


def put_in(inspector, plan, **values):
    page = inspector.submit(plan + "/team", plan + "/team", **values)
    assert page.status == 303, page.words


def make_whole(client_as, cast, plan):
    """Team and days, so that the plan can be submitted."""
    inspector = client_as("inspector")
    put_in(inspector, plan, account=str(cast.accounts["inspector"]), role="head")
    put_in(inspector, plan, name="Lưu Thị Khách", office="Hội LHPN tỉnh", role="secretary")
    assert press(inspector, plan, "/suggestion").status == 303


def press(visitor, page, action):
    return visitor.submit(page, page + action)


def units_of(app, plan):
    with app.app_context():
        query = (
            select(Unit.name)
            .join(Inspection, Inspection.unit_id == Unit.id)
            .where(Inspection.plan_id == plan_id(plan))
        )
        return set(db.session.scalars(query))


def plan_id(plan):
    return UUID(plan.split("/")[3])


def test_from_the_plan_to_the_units(client_as, cast, app, two_units):
    make_whole(client_as, cast, two_units)
    inspector, manager, head = (client_as(n) for n in ("inspector", "manager", "unithead"))
    page = inspector.get(two_units)
    assert "Still to do" not in page.words
    assert "02/11/2026 · 08:00" in page.words
    # Units know nothing before it is approved.
    assert "No inspection yet" in head.get("/inspections").words
    assert press(inspector, two_units, "/submit").status == 303
    assert "A department manager who did not prepare it decides" in inspector.get(two_units).words
    page = manager.submit(two_units, two_units + "/decision", decision="approve", number="45")
    assert manager.follow(page).words.count("Approved by") == 1
    page = head.get("/inspections")
    assert "Kiểm tra hoạt động mô hình năm 2026" in page.words
    address = page.one("tbody").find(".//a").get("href")
    shown = head.get(address)
    assert shown.h1 == "Inspection of Phường Bạc Liêu"
    for words in ("1. Tổ chức", "28/10/2026", "Võ Văn Tám · Head of the team", "Hội LHPN tỉnh"):
        assert words in shown.words
    assert not shown.all("a", href=two_units)
    assert head.get(two_units).status == 404
    assert "Kiểm tra hoạt động" in client_as("counselor").get(address).words


def test_who_reaches_what(client_as, cast, app):
    with app.app_context():
        plan = make_plan(cast, "a", "b")
        draft = make_plan(cast, "a", status=PlanStatus.DRAFT)
        own = f"/inspections/{inspection_of(plan, cast.units['a']).id}"
        other = f"/inspections/{inspection_of(plan, cast.units['b']).id}"
        hidden = f"/inspections/{inspection_of(draft, cast.units['a']).id}"
        shown, drafted = f"/inspections/plans/{plan.id}", f"/inspections/plans/{draft.id}"
        db.session.commit()
    expected = {
        "inspector": (200, 200, 200, 200, 200),
        "manager": (200, 200, 200, 200, 200),
        "unithead": (200, 404, 404, 404, 404),
        "counselor": (200, 404, 404, 404, 404),
        "unithead-b": (404, 200, 404, 404, 404),
        "inspector-elsewhere": (404, 404, 404, 404, 404),
        "volunteer": (403, 403, 403, 403, 403),
    }
    for who, answers in expected.items():
        visitor = client_as(who)
        pages = (own, other, hidden, shown, drafted)
        assert tuple(visitor.get(page).status for page in pages) == answers, who
    for who, status in (("manager", 403), ("unithead", 403), ("inspector-elsewhere", 404)):
        assert client_as(who).get(drafted + "/edit").status == status
        assert client_as(who).get(drafted + "/deletion").status == status
        assert client_as(who).get(own + "/day").status == status
    assert client_as("inspector-elsewhere").get(shown + "/paper.docx").status == 404
    for action in ("/submit", "/suggestion", "/units", "/team", "/decision"):
        who = "manager" if action == "/decision" else "inspector-elsewhere"
        wrong = f"/inspections/plans/{uuid4()}" if who == "manager" else drafted
        token = client_as(who)
        page = token.get("/account").form("/sign-out")["csrf_token"]
        assert token.post(wrong + action, {"csrf_token": page}).status == 404
    for who, status in (("manager", 404), ("unithead", 403), ("inspector-elsewhere", 404)):
        assert client_as(who).get(drafted + "/team").status == status


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("until_on", "2025-12-31", "The last day lies before the first."),
        ("visits_until_on", "2026-11-01", "The last day lies before the first."),
        ("visits_from_on", "2026-10-14", "The visits lie in the past"),
        ("from_on", "2026-11-02", None),
        ("report_due_on", "2026-11-03", "Units report before the visits begin."),
        ("report_due_on", "31/02/2026", "Not a date."),
        ("title", "  ", "Fill this in."),
        ("title", "x" * 201, "At most 200 characters."),
        ("legal_basis", "a\x00b", "holds a character"),
        ("purpose", "", "Fill this in."),
        ("visits_from_on", "2126-01-01", "This date is too far ahead."),
    ],
)
def test_a_plan_that_makes_no_sense_comes_back(client_as, app, field, value, message):
    changes = {field: value}
    if field == "from_on":
        changes["until_on"] = "2026-11-05"
        message = "The visits would be before the days they are about."
    page = client_as("inspector").submit(NEW, NEW, **{**PLAN, **changes})
    assert page.status == 422
    assert message in page.words
    assert "Căn cứ" in page.text or field == "legal_basis"
    with app.app_context():
        assert db.session.scalars(select(InspectionPlan)).all() == []


def test_a_number_is_given_once_a_year(client_as, cast, app, plan_at):
    with app.app_context():
        make_plan(cast, "a", number="45")
        make_plan(cast, "a", number="46", visit_on=date(2025, 11, 3))
        make_plan(cast, "c", number="47", province="elsewhere")
        db.session.commit()
    inspector = client_as("inspector")
    page = inspector.submit(plan_at + "/edit", plan_at + "/edit", number="45")
    assert page.status == 422
    assert "Another plan of this year has this number." in page.words
    for number in ("46", "47"):
        assert inspector.submit(plan_at + "/edit", plan_at + "/edit", number=number).status == 303


def test_units_are_chosen_by_a_rule_or_one_by_one(client_as, cast, app, plan_at):
    inspector, address = client_as("inspector"), plan_at + "/units"
    with app.app_context():
        cluster = Cluster(province_id=cast.units["province"], name="Cụm biển")
        db.session.add(cluster)
        db.session.flush()
        db.session.add(
            ClusterMembership(
                cluster_id=cluster.id, unit_id=cast.units["b"], from_on=date(2025, 7, 1)
            )
        )
        cluster_id = str(cluster.id)
        db.session.commit()
    choose(inspector, plan_at, scope="all")
    assert units_of(app, plan_at) == {"Bạc Liêu", "Năm Căn"}
    choose(inspector, plan_at, scope="cluster", cluster=cluster_id)
    assert units_of(app, plan_at) == {"Năm Căn"}
    assert "Cụm biển" in inspector.get(plan_at).words
    page = inspector.submit(address, address, scope="cluster")
    assert (page.status, "Choose the cluster." in page.words) == (422, True)
    page = inspector.submit(address, address, scope="cluster", cluster=str(uuid4()))
    assert (page.status, "Not a valid choice." in page.words) == (422, True)
    page = inspector.submit(address, address, scope="not_met")
    assert (page.status, "No figures of this province" in page.words) == (422, True)
    assert inspector.submit(address, address, scope="").status == 422
    with app.app_context():
        for period, ratings in (("2026-07", "not_met"), ("2026-08", "met")):
            edition = publish(cast.units["province"], period)
            judge(edition, cast.units["a"], {"A1": ratings, "B1": "met"}, uuid4())
            judge(edition, cast.units["b"], {"A1": "met", "B1": "not_met"}, uuid4())
        db.session.commit()
    choose(inspector, plan_at, scope="not_met")
    assert units_of(app, plan_at) == {"Năm Căn"}
    assert "(08/2026)" in inspector.get(plan_at).words
    one_by_one = address + "/one-by-one"
    page = inspector.submit(address, one_by_one, units=[str(cast.units["a"])])
    assert page.status == 303
    assert units_of(app, plan_at) == {"Bạc Liêu"}
    assert "some put in or taken out by hand since" in inspector.get(plan_at).words
    for units, message in (
        ([], "A round needs at least one unit."),
        ([str(cast.units["c"])], "is not a valid choice"),
    ):
        page = inspector.submit(address, one_by_one, units=units or None)
        assert page.status == 422
        assert message in page.words or "not" in page.words
    assert units_of(app, plan_at) == {"Bạc Liêu"}


def test_a_unit_is_taken_out_of_a_draft_only(client_as, cast, app, two_units):
    inspector = client_as("inspector")
    with app.app_context():
        query = select(Inspection.id).where(Inspection.unit_id == cast.units["a"])
        inspection = db.session.scalars(query).one()
        foreign = make_plan(cast, "a", status=PlanStatus.DRAFT)
        other = f"/inspections/plans/{foreign.id}/units/{inspection}/take-out"
        db.session.commit()
    token = inspector.get("/account").form("/sign-out")["csrf_token"]
    assert inspector.post(other, {"csrf_token": token}).status == 404
    assert press(inspector, two_units, f"/units/{inspection}/take-out").status == 303
    assert units_of(app, two_units) == {"Năm Căn"}


def test_a_draw_is_logged_and_repeats_itself(client_as, cast, app, plan_at):
    inspector, address = client_as("inspector"), plan_at + "/units"
    for count, message in (("", "Say how many"), ("3", "There are 2 units only."), ("0", "")):
        page = inspector.submit(address, address, scope="random", count=count)
        assert page.status == 422
        assert message in page.words
    choose(inspector, plan_at, scope="random", count="1")
    first = units_of(app, plan_at)
    assert len(first) == 1
    choose(inspector, plan_at, scope="all")
    choose(inspector, plan_at, scope="random", count="1")
    assert units_of(app, plan_at) == first
    assert "(1/2)" in inspector.get(plan_at).words
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "plan.draw")).all()
        drawn = db.session.scalars(select(Unit.code).where(Unit.name.in_(first))).one()
        assert len(rows) == 2
        assert f'"codes": "{drawn}", "drawn": 1, "of": 2' in rows[0].detail


@given(st.lists(st.uuids(), unique=True, min_size=1, max_size=40), st.uuids(), st.data())
def test_a_draw_of_more_holds_the_draw_of_fewer(units, plan, data):
    few = data.draw(st.integers(1, len(units)))
    many = data.draw(st.integers(few, len(units)))
    drawn = draw_units(plan, units, many)
    assert len(set(drawn)) == many
    assert set(drawn) <= set(units)
    assert drawn[:few] == draw_units(plan, reversed(units), few)


def test_other_plans_draw_other_units():
    units = [uuid4() for _ in range(40)]
    assert len({tuple(draw_units(uuid4(), units, 5)) for _ in range(30)}) == 30


def test_the_team_has_inspectors_and_guests(client_as, cast, app, plan_at):
    inspector, address = client_as("inspector"), plan_at + "/team"
    me = str(cast.accounts["inspector"])
    for values, message in (
        ({}, "Choose an inspector, or write a guest's name."),
        ({"account": me, "name": "Khách"}, "not both at once"),
        ({"name": "Khách"}, "Say which office the guest comes from."),
        ({"name": "Khách", "office": "Công an tỉnh", "role": "head"}, "The head signs"),
        ({"account": str(cast.accounts["manager"])}, "Not a valid choice."),
        ({"account": str(cast.accounts["inspector-elsewhere"])}, "Not a valid choice."),
        ({"account": me, "role": "boss"}, "Invalid Choice"),
    ):
        page = inspector.submit(address, address, **values)
        assert page.status == 422, values
        assert message in page.words, values
    put_in(inspector, plan_at, account=me, role="head")
    page = inspector.submit(address, address, account=me)
    assert (page.status, "in the team already" in page.words) == (422, True)
    with app.app_context():
        member = db.session.scalars(select(TeamMember.id)).one()
    assert press(inspector, address, f"/{member}/take-out").status == 303
    assert "Nobody is in the team yet" in inspector.get(plan_at).words


def test_a_plan_is_submitted_whole(client_as, cast, app, plan_at):
    inspector = client_as("inspector")
    page = inspector.get(plan_at)
    for words in ("Choose the units.", "exactly one head", "exactly one secretary"):
        assert words in page.words
    assert not [f for f in page.all("form") if (f.get("action") or "").endswith("/submit")]
    token = {"csrf_token": inspector.get("/account").form("/sign-out")["csrf_token"]}
    page = inspector.post(plan_at + "/submit", token)
    assert (page.status, "Choose the units." in page.words) == (422, True)
    choose(inspector, plan_at, scope="all")
    assert "Give every unit a day." in inspector.post(plan_at + "/submit", token).words
    make_whole(client_as, cast, plan_at)
    put_in(inspector, plan_at, name="Người Thứ Hai", office="Sở Nội vụ", role="secretary")
    page = inspector.post(plan_at + "/submit", token)
    assert (page.status, "exactly one secretary" in page.words) == (422, True)
    with app.app_context():
        query = select(TeamMember.id).where(TeamMember.name == "Người Thứ Hai")
        second = db.session.scalars(query).one()
    assert press(inspector, plan_at + "/team", f"/{second}/take-out").status == 303
    edit = plan_at + "/edit"
    assert inspector.submit(edit, edit, outline="", report_due_on="").status == 303
    assert "Say until when units report." in inspector.get(plan_at).words
    assert inspector.submit(edit, edit, outline="1.", report_due_on="2026-10-28").status == 303
    assert press(inspector, plan_at, "/submit").status == 303


def test_a_plan_is_submitted_before_its_visits(client_as, cast, two_units):
    make_whole(client_as, cast, two_units)
    with time_machine.travel("2026-11-03T08:00:00+07:00"):
        late = client_as("inspector")
        token = {"csrf_token": late.get("/account").form("/sign-out")["csrf_token"]}
        page = late.post(two_units + "/submit", token)
        assert (page.status, "has passed" in page.words) == (422, True)


def test_a_submitted_plan_is_closed_until_it_is_returned(client_as, cast, app, two_units):
    inspector, manager = client_as("inspector"), client_as("manager")
    make_whole(client_as, cast, two_units)
    forms = {
        two_units + "/edit": inspector.get(two_units + "/edit").form(two_units + "/edit"),
        two_units + "/units": inspector.get(two_units + "/units").form(two_units + "/units"),
        two_units + "/team": inspector.get(two_units + "/team").form(two_units + "/team"),
        two_units + "/suggestion": inspector.get(two_units).form(two_units + "/suggestion"),
    }
    forms[two_units + "/units"]["scope"] = "all"
    forms[two_units + "/team"] |= {"name": "Khách", "office": "Sở"}
    assert press(inspector, two_units, "/submit").status == 303
    for address, values in forms.items():
        page = inspector.post(address, values)
        assert page.status in (409, 422), address
    assert "it can't be changed any more" in page.words
    decide = two_units + "/decision"
    for values, message in (
        ({"decision": "return"}, "Say what is to be changed."),
        ({"decision": "approve", "number": ""}, "A plan is approved under its number."),
        ({"decision": ""}, "Fill this in."),
        ({"decision": "burn"}, "Invalid Choice"),
    ):
        page = manager.submit(two_units, decide, **values)
        assert page.status == 422, values
        assert message in page.words
    page = manager.submit(two_units, decide, decision="return", note="Bổ sung xã Năm Căn")
    assert page.status == 303
    page = inspector.get(two_units)
    assert "Returned to be changed" in page.words
    assert "Bổ sung xã Năm Căn" in page.words
    assert inspector.submit(two_units + "/edit", two_units + "/edit", title="Lại").status == 303
    assert press(inspector, two_units, "/submit").status == 303


def test_nobody_approves_an_own_plan(client_as, cast, app, two_units):
    make_whole(client_as, cast, two_units)
    assert press(client_as("inspector"), two_units, "/submit").status == 303
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["inspector"])
        province = cast.units["province"]
        give_role(account, Role.MANAGER, province, by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()
    both = client_as("inspector")
    page = both.submit(two_units, two_units + "/decision", decision="approve", number="45")
    assert page.status == 422
    assert "Who prepared a plan can't approve it" in page.words
    page = both.submit(two_units, two_units + "/decision", decision="return", note="x")
    assert page.status == 422


def test_two_managers_decide_once(client_as, cast, app, two_units):
    make_whole(client_as, cast, two_units)
    inspector, manager = client_as("inspector"), client_as("manager")
    assert press(inspector, two_units, "/submit").status == 303
    opened = manager.get(two_units)
    decide = two_units + "/decision"
    page = manager.submit(two_units, decide, decision="return", note="Thiếu")
    assert page.status == 303
    late = {**opened.form(decide), "decision": "approve", "number": "45"}
    again = manager.post(decide, late | {"operation": str(uuid4())})
    assert again.status == 409
    with app.app_context():
        assert db.session.scalars(select(InspectionPlan.status)).one() == PlanStatus.RETURNED


def test_the_second_of_two_writers_sees_both_texts(client_as, app, plan_at):
    first, second, edit = client_as("inspector"), client_as("inspector"), plan_at + "/edit"
    opened = second.get(edit)
    assert first.submit(edit, edit, purpose="Của người thứ nhất").status == 303
    page = second.submit(opened, edit, purpose="Của người thứ hai")
    assert page.status == 409
    assert "Của người thứ nhất" in page.words
    assert "Của người thứ hai" in page.words


def test_the_same_form_again_is_the_same_act(client_as, app):
    inspector = client_as("inspector")
    values = {**inspector.get(NEW).form(NEW), **PLAN}
    answers = {inspector.post(NEW, values).location for _ in range(3)}
    assert len(answers) == 1
    with app.app_context():
        assert len(db.session.scalars(select(InspectionPlan)).all()) == 1


def test_a_new_plan_begins_with_what_the_last_one_said(client_as, plan_at):
    form = client_as("inspector").get(NEW).form(NEW)
    assert form["legal_basis"] == PLAN["legal_basis"]
    assert form["outline"].replace("\r", "") == PLAN["outline"]
    assert form["title"] == ""


def test_decomposed_letters_are_kept_composed(client_as, app, plan_at):
    edit = plan_at + "/edit"
    assert client_as("inspector").submit(edit, edit, title="Kiê\u0309m tra").status == 303
    with app.app_context():
        assert db.session.scalars(select(InspectionPlan.title)).one() == "Kiểm tra"


def test_the_day_of_a_draft_is_set_with_who_goes(client_as, cast, app, two_units):
    make_whole(client_as, cast, two_units)
    inspector = client_as("inspector")
    with app.app_context():
        inspection = db.session.scalars(
            select(Inspection.id).where(Inspection.unit_id == cast.units["a"])
        ).one()
        head = str(db.session.scalars(select(TeamMember.id).where(TeamMember.role == "head")).one())
    day = f"/inspections/{inspection}/day"
    for values, message in (
        ({"starts_at": "8h"}, "A time such as 08:00."),
        ({"starts_at": "24:00"}, "A time such as 08:00."),
        ({"visit_on": "hôm nay"}, "Not a date."),
        ({"goers": [str(uuid4())]}, "not"),
    ):
        page = inspector.submit(day, day, **values)
        assert page.status == 422, values
        assert message in page.words
    page = inspector.submit(
        day, day, visit_on="2026-11-07", starts_at="13:30", place="Nhà văn hóa", goers=[head]
    )
    assert page.status == 303
    words = inspector.follow(page).words
    assert "07/11/2026 · 13:30" in words
    assert "Phường Bạc Liêu: 07/11/2026 is a weekend." in words
    with app.app_context():
        assert [str(v.member_id) for v in db.session.scalars(select(Visitor))] == [head]
    assert inspector.get(day).form(day)["goers"] == head


def test_after_approval_a_day_changes_with_a_reason(client_as, cast, app):
    with app.app_context():
        plan = make_plan(cast, "a", visit_on=date(2026, 11, 2))
        inspection = f"/inspections/{inspection_of(plan, cast.units['a']).id}"
        db.session.commit()
    inspector, head, day = client_as("inspector"), client_as("unithead"), inspection + "/day"
    assert inspector.get(inspection).all("a", href=day)
    for values, message in (
        ({"visit_on": "2026-11-05"}, "Say why: the unit reads it."),
        ({"visit_on": "", "reason": "bão"}, "Say on which day the unit is visited."),
    ):
        page = inspector.submit(day, day, **values)
        assert (page.status, message in page.words) == (422, True)
    opened = inspector.get(day)
    page = inspector.submit(day, day, visit_on="2026-11-05", reason="Tránh bão số 12")
    assert page.status == 303
    shown = head.get(inspection)
    assert "05/11/2026 · 08:00" in shown.words
    assert "was 02/11/2026 08:00 · Tránh bão số 12" in shown.words
    page = inspector.submit(opened, day, visit_on="2026-11-06", reason="khác")
    assert page.status == 409
    with app.app_context():
        row = db.session.scalars(select(Inspection)).one()
        row.status = InspectionStatus.VISITED
        db.session.commit()
    assert not inspector.get(inspection).all("a", href=day)
    page = inspector.submit(day, day, visit_on="2026-11-09", reason="x")
    assert (page.status, "was visited" in page.words) == (422, True)


def test_only_the_team_changes_a_day_after_approval(client_as, cast, app):
    with app.app_context():
        plan = make_plan(cast, "a")
        inspection = f"/inspections/{inspection_of(plan, cast.units['a']).id}"
        member = db.session.scalars(
            select(TeamMember).where(TeamMember.account_id.is_not(None))
        ).one()
        member.account_id = cast.accounts["inspector-elsewhere"]
        db.session.commit()
    inspector, day = client_as("inspector"), inspection + "/day"
    assert not inspector.get(inspection).all("a", href=day)
    page = inspector.submit(day, day, visit_on="2026-11-05", reason="x")
    assert (page.status, "Only the team" in page.words) == (422, True)


@pytest.fixture
def round_at(client_as, cast, app):
    """An approved plan over both units; the inspector is its head, a guest its secretary."""
    with app.app_context():
        plan = make_plan(cast, "a", "b", visit_on=date(2026, 11, 2))
        db.session.commit()
        return f"/inspections/plans/{plan.id}"


@pytest.fixture
def second(cast, app):
    """Another inspector of the province, as the form names it."""
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["counselor-b"])
        give_role(account, Role.INSPECTOR, cast.units["province"], by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()
    return str(cast.accounts["counselor-b"])


def team_of(app, plan):
    with app.app_context():
        query = select(TeamMember.name, TeamMember.role).where(TeamMember.plan_id == plan_id(plan))
        return dict(db.session.execute(query).all())


def visits_of(app, plan):
    with app.app_context():
        query = select(Inspection.id).where(Inspection.plan_id == plan_id(plan))
        return list(db.session.scalars(query.order_by(Inspection.visit_on)))


def member_at(app, plan, name):
    with app.app_context():
        query = select(TeamMember.id).where(TeamMember.name == name)
        return f"{plan}/team/{db.session.scalars(query).one()}/take-out"


GUEST = {"name": "Cao Văn Mới", "office": "Công an tỉnh"}


@pytest.mark.parametrize("who", ["inspector", "manager"])
def test_after_approval_the_team_changes_with_a_reason(client_as, app, round_at, who):
    visitor, address = client_as(who), round_at + "/team"
    refused = visitor.submit(address, address, **GUEST)
    assert (refused.status, "Say why: the units read it." in refused.words) == (422, True)
    assert refused.form(address)["name"] == "Cao Văn Mới"
    page = visitor.submit(address, address, reason="Thêm người của công an", **GUEST)
    assert (page.status, page.location) == (303, round_at)
    assert team_of(app, round_at)["Cao Văn Mới"] == "member"
    for reader, at in (
        ("unithead", f"/inspections/{visits_of(app, round_at)[0]}"),
        (who, round_at),
    ):
        told = client_as(reader).get(at).words
        assert "Thêm người của công an" in told, reader
        assert (
            "was: Võ Văn Tám (Head of the team), Lưu Thị Khách (Secretary of the team)" in told
        ), reader
    leaving = member_at(app, round_at, "Cao Văn Mới")
    refused = visitor.submit(leaving, leaving)
    assert (refused.status, "Say why: the units read it." in refused.words) == (422, True)
    assert visitor.submit(leaving, leaving, reason="Bận việc").location == round_at
    assert "Cao Văn Mới" not in team_of(app, round_at)
    with app.app_context():
        logged = select(AuditEntry.action).where(AuditEntry.action.contains("_team"))
        assert sorted(db.session.scalars(logged)) == ["plan.put_in_team", "plan.take_out_of_team"]


def test_a_head_and_a_secretary_pass_their_role_on(client_as, app, round_at, second):
    manager, address = client_as("manager"), round_at + "/team"
    for name in ("Võ Văn Tám", "Lưu Thị Khách"):
        leaving = member_at(app, round_at, name)
        page = manager.submit(leaving, leaving, reason="Ốm")
        assert (page.status, "takes the role over first" in page.words) == (422, True)
    sent = {"account": second, "reason": "Trưởng đoàn ốm"}
    assert manager.submit(address, address, role="member", **sent).status == 303
    assert manager.submit(address, address, role="member", **sent).status == 422
    assert manager.submit(address, address, role="head", **sent).status == 303
    expected = {"Võ Văn Tám": "member", "Lưu Thị Khách": "secretary", "Lý Thị Tư": "head"}
    assert team_of(app, round_at) == expected
    page = manager.submit(address, address, role="deputy", **sent)
    assert (page.status, "in the team already" in page.words) == (422, True)
    leaving = member_at(app, round_at, "Võ Văn Tám")
    assert manager.submit(leaving, leaving, reason="Ốm").status == 303
    assert "Võ Văn Tám" not in team_of(app, round_at)


def test_two_who_change_a_team_at_the_same_moment(app, cast, round_at):
    by = Actor(cast.accounts["manager"], "Bùi Thị Sáu")
    answer = {**GUEST, "role": TeamRole.SECRETARY, "reason": "Ốm"}
    with app.app_context():
        plan = db.session.get_one(InspectionPlan, plan_id(round_at))
        seen, there = plan.version, list_team(plan.id)
        put_in_team(plan, None, answer, there, decides=True, by=by)
        db.session.commit()
        set_committed_value(plan, "version", seen)
        with pytest.raises(Stale):
            put_in_team(plan, None, answer, there, decides=True, by=by)


def test_only_the_head_or_a_manager_changes_the_team_after_approval(client_as, cast, app, round_at):
    address = round_at + "/team"
    with app.app_context():
        member = update(TeamMember).where(TeamMember.account_id == cast.accounts["inspector"])
        db.session.execute(member.values(role="deputy"))
        db.session.commit()
    inspector = client_as("inspector")
    page = inspector.submit(address, address, reason="x", **GUEST)
    assert (page.status, "The head of the team changes it" in page.words) == (422, True)
    leaving = member_at(app, round_at, "Lưu Thị Khách")
    assert inspector.submit(leaving, leaving, reason="x").status == 422
    assert not inspector.get(round_at).all("a", href=address)
    assert client_as("manager").get(round_at).all("a", href=address)
    for who, status in (("unithead", 403), ("inspector-elsewhere", 404)):
        assert client_as(who).get(address).status == status
        assert client_as(who).get(leaving).status == status
    assert len(team_of(app, round_at)) == 2


def test_who_was_on_a_visit_stays_and_nobody_new_was_there(client_as, app, round_at):
    manager, address = client_as("manager"), round_at + "/team"
    over, ahead = visits_of(app, round_at)

    def visit(inspection_id):
        with app.app_context():
            db.session.get_one(Inspection, inspection_id).status = InspectionStatus.VISITED
            db.session.commit()

    visit(over)
    sent = {**GUEST, "reason": "Thêm người"}
    assert manager.submit(address, address, **sent).status == 303
    with app.app_context():
        query = select(Visitor.inspection_id, TeamMember.name).join(TeamMember)
        went = {("Võ Văn Tám", over), ("Lưu Thị Khách", over)}
        assert {(name, at) for at, name in db.session.execute(query)} == went
    assert (
        manager.submit(address, address, **{**sent, "name": "Ba", "role": "secretary"}).status
        == 303
    )
    leaving = member_at(app, round_at, "Lưu Thị Khách")
    page = manager.submit(leaving, leaving, reason="Ốm")
    assert (page.status, "was on a visit" in page.words) == (422, True)
    leaving = member_at(app, round_at, "Cao Văn Mới")
    assert manager.submit(leaving, leaving, reason="Ốm").status == 303
    visit(ahead)
    page = manager.submit(address, address, **sent)
    assert (page.status, "All units were visited" in page.words) == (422, True)
    assert not manager.get(round_at).all("a", href=address)


def test_who_is_concerned_hears_that_a_team_changed(client_as, app, round_at, second):
    manager, address = client_as("manager"), round_at + "/team"
    sent = {"account": second, "role": "head", "reason": "Thay trưởng đoàn"}
    assert manager.submit(address, address, **sent).status == 303
    leaving = member_at(app, round_at, "Võ Văn Tám")
    assert manager.submit(leaving, leaving, reason="Ốm").status == 303
    with app.app_context():
        db.session.execute(update(InspectionPlan).values(recorded_by=None, submitted_by=None))
        db.session.commit()
    of_plan, of_unit = "The team of the plan with visits from 02/11/2026 has changed", "Others come"
    for who, expected in (
        ("inspector", (True, False)),  # is in the team no longer
        ("counselor-b", (True, True)),  # is in it now, and works in one of the units
        ("unithead", (False, True)),
        ("manager", (False, False)),
        ("inspector-elsewhere", (False, False)),
    ):
        told = client_as(who).get("/notices/inspections").words
        assert (of_plan in told, of_unit in told) == expected, who
        assert "Thay trưởng đoàn" not in told


def test_days_are_looked_at_again_when_the_team_changes(client_as, cast, app, round_at, second):
    with app.app_context():
        other = make_plan(cast, "a", visit_on=date(2026, 11, 2), number="13")
        db.session.execute(
            update(TeamMember)
            .where(TeamMember.plan_id == other.id, TeamMember.account_id.is_not(None))
            .values(account_id=cast.accounts["counselor-b"])
        )
        db.session.commit()
    manager, address = client_as("manager"), round_at + "/team"
    assert "Lý Thị Tư" not in manager.get(round_at).words
    page = manager.follow(manager.submit(address, address, account=second, reason="Thêm người"))
    assert "Lý Thị Tư is on a visit of another plan on 02/11/2026." in page.words


def test_a_draft_is_deleted_by_who_began_it(client_as, cast, app, two_units):
    inspector, deletion = client_as("inspector"), two_units + "/deletion"
    put_in(inspector, two_units, account=str(cast.accounts["inspector"]), role="head")
    page = inspector.get(deletion)
    assert "Do you mean to delete this draft, with its 2 units" in page.words
    assert inspector.get(two_units).all("a", href=deletion)
    page = inspector.submit(page, deletion)
    assert page.status == 303
    assert "The draft is deleted." in inspector.follow(page).words
    assert inspector.get(two_units).status == 404
    with app.app_context():
        for table in (InspectionPlan, Inspection, TeamMember, Visitor):
            assert db.session.scalars(select(table)).all() == []
        deleted = db.session.scalars(select(AuditEntry).filter_by(action="plan.delete")).one()
        assert deleted.subject_id == plan_id(two_units)


def test_no_other_plan_is_deleted(client_as, cast, app, two_units):
    inspector, deletion = client_as("inspector"), two_units + "/deletion"
    form = inspector.get(deletion)

    def make(**values):
        with app.app_context():
            db.session.execute(update(InspectionPlan).values(**values))
            db.session.commit()

    make(recorded_by=cast.accounts["manager"])
    for page in (inspector.get(deletion), inspector.submit(form, deletion)):
        assert "Who began a plan may delete it, nobody else." in page.words
    assert not inspector.get(two_units).all("a", href=deletion)
    for status in (PlanStatus.SUBMITTED, PlanStatus.RETURNED, PlanStatus.APPROVED):
        make(recorded_by=cast.accounts["inspector"], status=status)
        page = inspector.submit(form, deletion, operation=str(uuid4()))
        assert (page.status, "Only a draft can be deleted" in page.words) == (422, True)
    assert len(units_of(app, two_units)) == 2


def test_whoever_followed_a_unit_reads_its_inspections(client_as, cast, app):
    with app.app_context():
        before = Unit(
            code="31825", name="Phường 8", kind="ward", valid_from=date(2004, 1, 1),
            valid_until=date(2025, 6, 30), province_id=cast.units["province"],
            is_province=False, source="test",
        )  # fmt: skip
        db.session.add(before)
        db.session.flush()
        db.session.add(
            Succession(
                predecessor_id=before.id, successor_id=cast.units["a"],
                kind=SuccessionKind.MERGE, on=date(2025, 7, 1), document="test",
            )
        )  # fmt: skip
        plan = make_plan(cast, visit_on=date(2025, 5, 5))
        inspection = Inspection(plan_id=plan.id, unit_id=before.id, visit_on=date(2025, 5, 5))
        db.session.add(inspection)
        db.session.flush()
        address = f"/inspections/{inspection.id}"
        db.session.commit()
    assert client_as("unithead").get(address).h1 == "Inspection of Phường Phường 8"
    assert client_as("unithead-b").get(address).status == 404


@pytest.mark.parametrize("username", ["inspector", "manager"])
def test_all_rounds_are_reached_from_one_of_a_merged_province(client_as, cast, app, username):
    with app.app_context():
        before = Unit(
            code="95", name="Bạc Liêu", kind="province", valid_from=date(2004, 1, 1),
            valid_until=date(2025, 6, 30), is_province=True, source="test",
        )  # fmt: skip
        db.session.add(before)
        db.session.flush()
        db.session.add(
            Succession(
                predecessor_id=before.id, successor_id=cast.units["province"],
                kind=SuccessionKind.MERGE, on=date(2025, 7, 1), document="test",
            )
        )  # fmt: skip
        plan = make_plan(cast, visit_on=date(2025, 5, 5))
        plan.province_id = before.id
        address = f"/inspections/plans/{plan.id}"
        db.session.commit()
    visitor = client_as(username)
    (back,) = [link for link in visitor.get(address).all("a") if link.text == "All rounds"]
    page = visitor.get(back.get("href"))
    assert page.status == 200
    assert page.all("a", href=address)
    for other in (cast.units["elsewhere"], uuid4(), "x"):
        assert visitor.get(f"/inspections?province={other}").status == 404


def test_the_paper_has_the_official_form(client_as, cast, app, two_units):
    make_whole(client_as, cast, two_units)
    inspector = client_as("inspector")
    answer = inspector.client.get(two_units + "/paper.docx")
    document = Document(BytesIO(answer.get_data()))
    assert any("(DỰ THẢO)" in p.text for p in document.paragraphs)
    assert press(inspector, two_units, "/submit").status == 303
    manager = client_as("manager")
    page = manager.submit(two_units, two_units + "/decision", decision="approve", number="45")
    assert page.status == 303
    answer = manager.client.get(two_units + "/paper.docx")
    assert "ke-hoach-kiem-tra-2026-11.docx" in answer.headers["Content-Disposition"]
    document = Document(BytesIO(answer.get_data()))
    lines = [p.text for p in document.paragraphs]
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    assert "KẾ HOẠCH" in lines
    assert not any("DỰ THẢO" in line for line in lines)
    assert lines.index("Căn cứ Kế hoạch công tác năm 2026 của Sở Y tế") < lines.index(
        "I. MỤC ĐÍCH, YÊU CẦU"
    )
    assert "1. Võ Văn Tám – Trưởng đoàn." in lines
    assert "2. Lưu Thị Khách, Hội LHPN tỉnh – Thư ký." in lines
    assert any("Nơi nhận:" in line for line in lines)
    assert any(line.endswith("./.") for line in lines)
    assert {"02/11/2026", "Phường Bạc Liêu", "Cả đoàn", "UBND phường Bạc Liêu"} <= set(cells)
    assert any("Số: 45/KH-SYT" in cell and "SỞ Y TẾ" in cell for cell in cells)
    assert any("Cà Mau, ngày 15 tháng 10 năm 2026" in cell for cell in cells)
    pdf = manager.client.get(two_units + "/paper.pdf")
    assert (pdf.mimetype, pdf.get_data()[:5]) == ("application/pdf", b"%PDF-")


WINDOWS = st.dates(date(2025, 1, 1), date(2027, 6, 1)).flatmap(
    lambda first: st.tuples(st.just(first), st.integers(0, 60).map(lambda n: first + timedelta(n)))
)


@given(WINDOWS, st.integers(0, 40), st.sets(st.dates(date(2025, 1, 1), date(2027, 8, 1))))
def test_suggested_days_are_spread_over_working_days(window, count, taken):
    first, last = window
    days, possible = suggest_days(count, first, last, taken), working_days(first, last)
    if not possible:
        assert days == []
        return
    assert len(days) == count
    assert days == sorted(days)
    assert all(first <= day <= last and is_working_day(day) for day in days)
    free = [day for day in possible if day not in taken]
    if len(free) >= count:
        assert len(set(days)) == count, "one unit a day while the days suffice"
        assert not set(days) & taken
    else:
        loads = [days.count(day) for day in possible]
        assert max(loads, default=0) - min(loads, default=0) <= 1


def test_no_day_is_suggested_on_a_holiday():
    # 30 April and 1 May 2026, and the days of Tết.
    assert working_days(date(2026, 4, 29), date(2026, 5, 3)) == [date(2026, 4, 29)]
    assert not is_working_day(date(2026, 2, 17))
    assert suggest_days(2, date(2026, 5, 1), date(2026, 5, 3)) == []


def test_what_speaks_against_a_day():
    who, other, unit = uuid4(), uuid4(), [uuid4() for _ in range(6)]
    names = {who: "Võ Văn Tám", other: "Mai Thị Ba"}
    thursday = date(2026, 11, 5)
    visits = [
        Planned(unit[0], "Xã A", thursday, {who: "Võ Văn Tám"}),
        Planned(unit[1], "Xã B", thursday, {other: "Mai Thị Ba"}),
        Planned(unit[2], "Xã C", date(2026, 11, 7)),
        Planned(unit[3], "Xã D", date(2026, 12, 1), ended_on=date(2026, 11, 30)),
        Planned(unit[4], "Xã E", date(2026, 9, 2)),
        Planned(unit[5], "Xã F", None),
    ]

    def told(planned, elsewhere=None):
        window = date(2026, 11, 2), date(2026, 11, 20)
        return [hint.text for hint in find_conflicts(planned, *window, elsewhere or {}, names)]

    assert told(visits) == [
        "Xã C: 07/11/2026 is a weekend.",
        "Xã D ended on 30/11/2026.",
        "Xã D: 01/12/2026 lies outside the days of the visits.",
        "Xã E: 02/09/2026 lies outside the days of the visits.",
        "Xã E: 02/09/2026 is a public holiday.",
    ]
    both = [visits[0], Planned(unit[1], "Xã B", thursday, names)]
    assert told(both) == ["Xã A and Xã B: Võ Văn Tám goes to both on 05/11/2026."]
    whole = [visits[0], Planned(unit[1], "Xã B", thursday)]
    assert told(whole) == ["Xã A and Xã B: one team can't visit both on 05/11/2026."]
    elsewhere = {thursday: [who]}
    assert told(visits[:2], elsewhere) == [
        "Xã A: Võ Văn Tám is on a visit of another plan on 05/11/2026."
    ]


def test_the_visit_of_another_plan_is_hinted_at(client_as, cast, app, two_units):
    with app.app_context():
        make_plan(cast, "b", visit_on=date(2026, 11, 2))
        db.session.commit()
    make_whole(client_as, cast, two_units)
    # The suggestion keeps away from that day; set by hand, it is told.
    inspector = client_as("inspector")
    page = inspector.get(two_units)
    assert "02/11/2026 · 08:00" not in page.words
    with app.app_context():
        query = select(Inspection.id).where(Inspection.plan_id == plan_id(two_units))
        inspection = db.session.scalars(query).first()
    day = f"/inspections/{inspection}/day"
    assert inspector.submit(day, day, visit_on="2026-11-02").status == 303
    assert (
        "Võ Văn Tám is on a visit of another plan on 02/11/2026." in inspector.get(two_units).words
    )


def test_a_unit_that_was_merged_since_is_told_until_its_visit(client_as, cast, app):
    with app.app_context():
        plan = make_plan(cast, "a", "b", visit_on=date(2026, 11, 2))
        db.session.get_one(Unit, cast.units["a"]).valid_until = date(2026, 10, 1)
        address, inspection = f"/inspections/plans/{plan.id}", inspection_of(plan, cast.units["a"])
        inspection_id = inspection.id
        db.session.commit()
    inspector = client_as("inspector")
    assert "Phường Bạc Liêu ended on 01/10/2026." in inspector.get(address).words
    with app.app_context():
        db.session.get_one(Inspection, inspection_id).status = InspectionStatus.VISITED
        db.session.commit()
    assert "ended on" not in inspector.get(address).words


def test_what_people_type_is_shown_as_text(client_as, cast, app, plan_at):
    edit, evil = plan_at + "/edit", "<script>alert(1)</script>"
    inspector = client_as("inspector")
    assert inspector.submit(edit, edit, title=evil, outline=evil).status == 303
    for page in (plan_at, "/inspections", plan_at + "/units", plan_at + "/team"):
        shown = inspector.get(page)
        assert evil not in shown.text
        assert evil in shown.words


def test_who_writes_at_the_very_moment_somebody_submits_is_told(app, cast):
    by = Actor(cast.accounts["inspector"], "Võ Văn Tám")
    with app.app_context():
        made = make_plan(cast, "a", status=PlanStatus.DRAFT)
        db.session.commit()
        plan = db.session.get_one(InspectionPlan, made.id)
        seen, visited = plan.version, list_visited(plan)
        # Another's change, seen by none of the objects at hand.
        db.session.execute(
            update(InspectionPlan.__table__)
            .where(InspectionPlan.__table__.c.id == plan.id)
            .values(version=seen + 1, status=PlanStatus.SUBMITTED)
        )
        for act in (
            lambda: suggest(plan, visited, (), by=by),
            lambda: adjust_units(plan, [visited[0].unit], visited, by=by),
            lambda: approve(plan, "45", "", by=by),
        ):
            set_committed_value(plan, "version", seen)
            with pytest.raises(Stale):
                act()
