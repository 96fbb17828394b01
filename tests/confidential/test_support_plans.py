"""The support plan: agreed on, followed, reviewed, signed, followed by a new version."""

import re
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from docx import Document
from sqlalchemy import func, select

from casework.confidential.assessments.models import AssessedArea, Assessment
from casework.confidential.cases.models import Case
from casework.confidential.plans.models import Plan, PlanAction, PlanGoal, PlanReview
from casework.core.audit import AuditEntry
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.organisation.settings.models import Setting, SettingValue
from tests.confidential.test_cases import INTAKE, open_case
from tests.days import in_days

PANEL = {"HX-Request": "true", "HX-Target": "x"}
GOAL, ACTION = "goals-0-", "goals-0-actions-0-"
WHOLE = {
    "summary": "Muốn tự nuôi con.\nBắt đầu từ việc làm.",
    GOAL + "area": "job",
    GOAL + "goal": "Có việc làm gần nhà",
    ACTION + "what": "Hỏi xưởng may",
    ACTION + "responsible": "counselor",
    ACTION + "due_on": str(today() + timedelta(days=20)),
    "goals-0-actions-1-what": "Nộp đơn",
    "goals-0-actions-1-responsible": "person",
}


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def case(counselor):
    return open_case(counselor, opened_on=str(today() - timedelta(days=60)))


def agree(visitor, case, **values):
    address = case + "/plans/new"
    return visitor.submit(address, address, **{**WHOLE, **values})


def plans_of(app):
    with app.app_context():
        return db.session.scalars(select(Plan).order_by(Plan.number)).all()


def link(visitor, address, part):
    """The first link of a page whose address has a part."""
    links = [a.get("href") or "" for a in visitor.get(address).all("a")]
    return next(each for each in links if part in each)


def token(visitor):
    """What the forms of a browser carry."""
    return visitor.get("/account").all("input", name="csrf_token")[0].get("value")


def fault(page, field):
    """What is said beside a field."""
    (said,) = [e for e in page.root.iter() if e.get("id") == f"{field}-error"]
    return "".join(said.itertext())


def test_actions_without_a_day_stand_in_the_order_in_which_they_were_written(counselor, case):
    day = str(today() + timedelta(days=20))
    told = {GOAL + "area": "job", GOAL + "goal": "Có việc làm"}
    typed = [("Bốn", ""), ("Ba", day), ("Hai", day), ("Một", "")]
    address = f"{case}/plans/new"
    page = counselor.get(address)
    for _ in typed[2:]:
        page = counselor.submit(page, address, add_action="0")
    for number, (what, due_on) in enumerate(typed):
        row = f"goals-0-actions-{number}-"
        told |= {
            row + "what": f"Việc {what}",
            row + "responsible": "person",
            row + "due_on": due_on,
        }
    assert counselor.submit(page, address, **told).status == 303
    shown = re.findall(r"Việc (\w+)", counselor.get(f"{case}/plans").words)
    assert shown == ["Ba", "Hai", "Bốn", "Một"]
    again = counselor.get(address).form(address)
    assert [again[f"goals-0-actions-{n}-what"] for n in range(4)] == [f"Việc {w}" for w in shown]


def test_a_plan_is_agreed_on_and_read_back(counselor, case, app):
    page = agree(counselor, case)
    assert page.status == 303
    words = counselor.follow(page).words
    for told in (
        "The plan is saved.",
        "Có việc làm gần nhà",
        "Hỏi xưởng may",
        "Nộp đơn",
        "Muốn tự nuôi con.",
        "Done: 0 of 2 actions",
        "Not reviewed yet",
    ):
        assert told in words
    panel = counselor.get(case + "/plans", headers=PANEL)
    assert "Done: 0 of 2 actions" in panel.words
    assert "Hỏi xưởng may" in panel.words
    (plan,) = plans_of(app)
    assert plan.review_on == add_months(today(), 3)
    with app.app_context():
        # Rows that were left empty are no part of it; what was typed is sealed.
        assert db.session.scalar(select(func.count(PlanGoal.id))) == 1
        assert db.session.scalar(select(func.count(PlanAction.id))) == 2
        assert "xưởng".encode() not in db.session.scalars(select(PlanAction.what_sealed)).first()


def test_the_case_page_has_the_panel(counselor, case):
    assert f"{case}/plans" in {e.get("hx-get") for e in counselor.get(case).all("section")}
    assert "No plan yet" in counselor.get(case + "/plans", headers=PANEL).words


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"agreed_on": ""}, "agreed_on", "Fill this in"),
        ({"agreed_on": "soon"}, "agreed_on", "Not a date"),
        ({"agreed_on": "2126-01-01"}, "agreed_on", "too far ahead"),
        ({"agreed_on": in_days(-61)}, "agreed_on", "opened after this day"),
        ({"summary": "x" * 20_001}, "summary", "At most 20000"),
        ({GOAL + "area": "moon"}, GOAL + "area", "Invalid Choice"),
        ({GOAL + "area": ""}, GOAL + "area", "Fill this in"),
        ({GOAL + "goal": ""}, GOAL + "goal", "Fill this in"),
        ({GOAL + "goal": "  \n "}, GOAL + "goal", "Fill this in"),
        ({GOAL + "goal": "x" * 1001}, GOAL + "goal", "At most 1000"),
        ({GOAL + "goal": "việc\x00"}, GOAL + "goal", "can't be kept"),
        ({ACTION + "what": ""}, ACTION + "what", "Fill this in"),
        ({ACTION + "what": "x" * 201}, ACTION + "what", "At most 200"),
        ({ACTION + "responsible": ""}, ACTION + "responsible", "Fill this in"),
        ({ACTION + "responsible": "god"}, ACTION + "responsible", "Invalid Choice"),
        ({ACTION + "due_on": "31/02/2027"}, ACTION + "due_on", "Not a date"),
        ({ACTION + "due_on": "2126-01-01"}, ACTION + "due_on", "too far ahead"),
        (
            {ACTION + "due_on": in_days(-1)},
            ACTION + "due_on",
            "before the day",
        ),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(counselor, case, app, values, field, said):
    page = agree(counselor, case, **values)
    assert page.status == 422
    assert said in fault(page, field)
    sent = page.form(case + "/plans/new")
    assert sent["goals-0-actions-1-what"] == "Nộp đơn"
    # The list above the form says it too, with the number of the goal.
    (above,) = page.all("div", class_="alert alert-danger")
    assert said in "".join(above.itertext())
    assert "{" not in "".join(above.itertext())
    assert plans_of(app) == []


def test_a_plan_without_a_goal_is_none(counselor, case, app):
    page = agree(counselor, case, **dict.fromkeys((each for each in WHOLE if "-" in each), ""))
    assert page.status == 422
    assert "one goal at least" in fault(page, "goals-0-goal")
    assert page.form(case + "/plans/new")["summary"].startswith("Muốn")
    assert plans_of(app) == []


def test_rows_are_added_without_a_script_and_nothing_is_saved_or_lost(counselor, case, app):
    new = case + "/plans/new"
    page = agree(counselor, case, **{"add_goal": "1", ACTION + "due_on": "mai"})
    assert page.status == 200
    sent = page.form(new)
    assert "goals-1-goal" in sent
    assert "goals-2-goal" not in sent
    assert sent[ACTION + "due_on"] == "mai"
    assert sent[ACTION + "what"] == "Hỏi xưởng may"
    assert not page.all("div", class_="alert alert-danger")
    page = counselor.submit(page, new, add_action="1", **{"goals-1-goal": "Có giấy tờ"})
    sent = page.form(new)
    assert "goals-1-actions-2-what" in sent
    assert "goals-0-actions-2-what" not in sent
    assert sent["goals-1-goal"] == "Có giấy tờ"
    assert plans_of(app) == []
    last = {"goals-1-area": "identity_papers", ACTION + "due_on": ""}
    last |= {"goals-1-actions-2-what": "Đi làm căn cước", "goals-1-actions-2-responsible": "family"}
    assert counselor.submit(page, new, **last).status == 303
    words = counselor.get(case + "/plans").words
    assert "Có giấy tờ" in words
    assert "Đi làm căn cước" in words
    assert len(plans_of(app)) == 1


def test_rows_have_a_limit_and_forged_ones_break_nothing(counselor, case):
    new = case + "/plans/new"
    page = counselor.get(new)
    for _ in range(6):
        page = counselor.submit(page, new, add_goal="1")
        assert page.status == 200
    assert len([name for name in page.form(new) if re.fullmatch(r"goals-\d-goal", name)]) == 5
    assert not page.all("button", name="add_goal")
    for _ in range(4):
        page = counselor.submit(page, new, add_action="0")
    assert len([name for name in page.form(new) if re.fullmatch(r"goals-0-.*-what", name)]) == 4
    for forged in ("9", "-1", "²", "x", "9" * 5000):
        assert agree(counselor, case, add_action=forged).status == 200
    for row in ("²", "9" * 5000, "-1", "", "77"):
        page = agree(counselor, case, **{f"goals-{row}-goal": "x", "add_goal": "1"})
        assert page.status == 200
    forged = {ACTION + "continues": str(uuid4()), "goals-0-actions-1-continues": "no id"}
    assert agree(counselor, case, **forged).status == 303


def assess(app, case, levels, on):
    with app.app_context():
        row = db.session.get_one(Case, UUID(case.split("/")[2]))
        assessment = Assessment(case_id=row.id, unit_id=row.unit_id, on=on, recorded_by=row.id)
        db.session.add(assessment)
        db.session.flush()
        for area, level in levels.items():
            db.session.add(
                AssessedArea(assessment_id=assessment.id, case_id=row.id, area=area, level=level)
            )
        db.session.commit()


def test_a_first_plan_starts_from_what_the_newest_assessment_found_pressing(counselor, case, app):
    assess(app, case, {"housing": 3}, today() - timedelta(days=40))
    levels = {"job": 2, "safety": 3, "family": 1, "legal": 0}
    assess(app, case, levels, today() - timedelta(days=2))
    sent = counselor.get(case + "/plans/new").form(case + "/plans/new")
    areas = {name: value for name, value in sent.items() if name.endswith("-area")}
    assert areas == {"goals-0-area": "safety", "goals-1-area": "job"}
    # A proposed area without words is no goal.
    told = {"goals-1-goal": "Có việc", "goals-0-goal": ""}
    assert counselor.submit(case + "/plans/new", case + "/plans/new", **told).status == 303
    with app.app_context():
        assert db.session.scalars(select(PlanGoal.area)).all() == ["job"]


def follow_up(visitor, case, number=0, **values):
    """Note how far the action is that stands there."""
    links = [a.get("href") or "" for a in visitor.get(case + "/plans").all("a")]
    address = [each for each in links if "/actions/" in each][number]
    return visitor.submit(address, address, **values)


def test_an_action_is_followed_and_what_was_noted_before_stays(counselor, case, app):
    agree(counselor, case)
    page = follow_up(counselor, case, status="under_way", progress="Đã gọi xưởng.")
    assert "The action is saved." in counselor.follow(page).words
    page = follow_up(counselor, case, status="done", progress="Đã được nhận.")
    words = counselor.follow(page).words
    assert "Done: 1 of 2 actions" in words
    assert "Đã được nhận." in words
    earlier = counselor.get(link(counselor, case + "/plans", "/actions/")).words
    assert "Đã gọi xưởng." in earlier
    with app.app_context():
        assert db.session.scalars(
            select(PlanAction.done_on).where(PlanAction.status == "done")
        ).all() == [today()]
    assert follow_up(counselor, case, 1, status="dropped").status == 303
    assert "Done: 1 of 1 actions" in counselor.get(case + "/plans").words


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"status": "lost"}, "status", "Invalid Choice"),
        ({"status": "done", "done_on": "2126-01-01"}, "done_on", "too far ahead"),
        ({"status": "done", "done_on": "hôm qua"}, "done_on", "Not a date"),
        (
            {"status": "done", "done_on": in_days(-1)},
            "done_on",
            "after this day",
        ),
        ({"status": "open", "done_on": in_days(0)}, "done_on", "Only what is done"),
        ({"progress": "x" * 20_001}, "progress", "At most 20000"),
    ],
)
def test_a_wrong_note_on_an_action_is_refused(counselor, case, values, field, said):
    agree(counselor, case)
    page = follow_up(counselor, case, **{"progress": "giữ lại", **values})
    assert page.status == 422
    assert said in fault(page, field)
    assert "Done: 0 of 2" in counselor.get(case + "/plans").words


def test_of_two_who_follow_an_action_the_second_sees_both(counselor, case):
    agree(counselor, case)
    address = link(counselor, case + "/plans", "/actions/")
    opened = counselor.get(address)
    counselor.submit(address, address, status="under_way", progress="người thứ nhất")
    page = counselor.submit(opened, address, status="done", progress="người thứ hai")
    assert page.status == 409
    assert "người thứ nhất" in page.words
    assert "người thứ hai" in page.words
    assert counselor.submit(page, address).status == 303


def review(visitor, case, **values):
    address = link(visitor, case + "/plans", "/reviews/new")
    return visitor.submit(address, address, **{"result": "continue", **values})


def test_a_review_is_kept_and_the_next_one_is_due(counselor, case, app):
    agree(counselor, case, agreed_on=str(today() - timedelta(days=30)))
    page = counselor.get(link(counselor, case + "/plans", "/reviews/new"))
    proposed = page.form(link(counselor, case + "/plans", "/reviews/new"))["next_on"]
    assert date.fromisoformat(proposed) == add_months(today(), 3)
    on = today() - timedelta(days=10)
    page = review(counselor, case, on=str(on), note="Hai bên vui.", next_on="")
    words = counselor.follow(page).words
    assert "goes on as planned" in words
    assert "Hai bên vui." in words
    (plan,) = plans_of(app)
    assert plan.review_on == add_months(on, 3)
    with app.app_context():
        kept = db.session.scalars(select(PlanReview)).one()
        assert kept.due_on == add_months(plan.agreed_on, 3)
    own = today() + timedelta(days=9)
    assert review(counselor, case, next_on=str(own)).status == 303
    assert plans_of(app)[0].review_on == own


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"on": in_days(-31)}, "on", "after this day"),
        ({"on": in_days(1)}, "on", "too far ahead"),
        ({"on": in_days(-11)}, "on", "Not before"),
        ({"on": ""}, "on", "Fill this in"),
        ({"result": "great"}, "result", "Invalid Choice"),
        ({"next_on": in_days(0)}, "next_on", "after this one"),
        ({"next_on": in_days(775)}, "next_on", "too far ahead"),
        ({"note": "x" * 20_001}, "note", "At most 20000"),
    ],
)
def test_a_wrong_review_is_refused(counselor, case, app, values, field, said):
    agree(counselor, case, agreed_on=str(today() - timedelta(days=30)))
    assert review(counselor, case, on=str(today() - timedelta(days=10))).status == 303
    page = review(counselor, case, **{"note": "giữ lại", **values})
    assert page.status == 422
    assert said in fault(page, field)
    with app.app_context():
        assert db.session.scalar(select(func.count(PlanReview.id))) == 1


def test_the_months_between_reviews_are_those_the_province_set(counselor, case, app):
    with app.app_context():
        db.session.add(
            SettingValue(
                province_id=None,
                key=Setting.REVIEW_MONTHS,
                value="6",
                from_on=today() - timedelta(days=20),
                source="QĐ 1",
            )
        )
        db.session.commit()
    agree(counselor, case, agreed_on=str(today() - timedelta(days=30)))
    assert plans_of(app)[0].review_on == add_months(today() - timedelta(days=30), 3)
    assert review(counselor, case, next_on="").status == 303
    assert plans_of(app)[0].review_on == add_months(today(), 6)


def test_a_new_version_takes_along_what_is_open_and_the_earlier_one_stays(counselor, case, app):
    agree(counselor, case, agreed_on=str(today() - timedelta(days=30)))
    follow_up(counselor, case, 0, status="under_way", progress="Đã gọi xưởng.")
    follow_up(counselor, case, 1, status="done", progress="Đã nộp.")
    page = counselor.follow(review(counselor, case, result="change"))
    assert "write the new version" in page.words
    new = case + "/plans/new"
    sent = page.form(new)
    assert sent[ACTION + "what"] == "Hỏi xưởng may"
    assert sent["goals-0-actions-1-what"] == ""
    assert counselor.submit(page, new, **{GOAL + "goal": "Có việc tại xã"}).status == 303
    first, second = plans_of(app)
    assert first.ended_on == second.agreed_on == today()
    assert (second.number, second.ended_on) == (2, None)
    words = counselor.get(case + "/plans").words
    assert "Có việc tại xã" in words
    assert "Đã gọi xưởng." in words
    assert "Đã nộp." not in words
    assert "Done: 1 of 2 actions" in words  # of the earlier version
    earlier = counselor.get(f"{case}/plans/{first.id}").words
    assert "Có việc làm gần nhà" in earlier
    assert "A newer version counts" in earlier
    for part in ("/signing", "/reviews/new"):
        address = f"{case}/plans/{first.id}{part}"
        page = counselor.submit(
            address, address, **({"result": "reached"} if "rev" in part else {})
        )
        assert page.status == 422
        assert "newer version" in page.words
    with app.app_context():
        old = db.session.scalars(select(PlanAction).where(PlanAction.plan_id == first.id)).first()
        address = f"{case}/plans/actions/{old.id}"
    assert counselor.submit(address, address, status="open", done_on="").status == 422


def test_a_version_is_no_earlier_than_what_came_before(counselor, case):
    agree(counselor, case, agreed_on=str(today() - timedelta(days=30)))
    review(counselor, case, on=str(today() - timedelta(days=10)))
    page = agree(counselor, case, agreed_on=str(today() - timedelta(days=11)))
    assert page.status == 422
    assert "Not before" in fault(page, "agreed_on")


def test_of_two_new_versions_the_second_sees_both(counselor, case, app):
    new = case + "/plans/new"
    opened = counselor.get(new)
    agree(counselor, case)
    page = counselor.submit(opened, new, **{**WHOLE, GOAL + "goal": "Mục tiêu của tôi"})
    assert page.status == 409
    assert "Mục tiêu của tôi" in page.words
    assert "Có việc làm gần nhà" in page.words
    assert len(plans_of(app)) == 1
    assert counselor.submit(page, new).status == 303
    assert [plan.number for plan in plans_of(app)] == [1, 2]


def test_a_form_sent_twice_is_carried_out_once(counselor, case, app):
    new = case + "/plans/new"
    opened = counselor.get(new)
    first = counselor.submit(opened, new, **WHOLE)
    again = counselor.submit(opened, new, **WHOLE)
    assert (first.status, again.status) == (303, 303)
    assert len(plans_of(app)) == 1
    address = link(counselor, case + "/plans", "/reviews/new")
    opened = counselor.get(address)
    for _ in range(2):
        assert counselor.submit(opened, address, result="continue").status == 303
    with app.app_context():
        assert db.session.scalar(select(func.count(PlanReview.id))) == 1


def test_signatures_are_noted_by_day(counselor, case):
    agree(counselor, case, agreed_on=str(today() - timedelta(days=3)))
    address = link(counselor, case + "/plans", "/signing")
    early = str(today() - timedelta(days=4))
    page = counselor.submit(address, address, person_signed_on=early)
    assert page.status == 422
    assert "after this day" in fault(page, "person_signed_on")
    opened = counselor.get(address)
    page = counselor.submit(address, address, person_signed_on=str(today()))
    assert "The signatures are noted." in counselor.follow(page).words
    assert counselor.submit(opened, address, counselor_signed_on=str(today())).status == 409


def test_the_paper_is_the_plan_to_be_signed(counselor, case, app):
    agree(counselor, case)
    follow_up(counselor, case, status="under_way")
    review(counselor, case, note="Hai bên vui.")
    got = counselor.client.get(link(counselor, case + "/plans", "/paper"))
    named = got.headers["Content-Disposition"]
    assert re.search(r"ke-hoach-ho-tro-[A-Z0-9]{3}-[A-Z0-9]{3}-1\.docx", named)
    document = Document(BytesIO(got.data))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    told = "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "KẾ HOẠCH HỖ TRỢ",
        INTAKE["name"],
        "Có việc làm gần nhà",
        "Bắt đầu từ việc làm.",
        "Hỏi xưởng may",
        "tư vấn viên",
        "đang làm",
        "Hai bên vui.",
        "NGƯỜI ĐƯỢC HỖ TRỢ",
        "TƯ VẤN VIÊN",
        "./.",
    ):
        assert words in told, words
    with app.app_context():
        prints = select(AuditEntry).where(AuditEntry.action == "plan.print")
        assert len(db.session.scalars(prints).all()) == 1


@pytest.mark.parametrize("who", ["counselor2", "counselor-b", "coordinator", "unithead", "manager"])
def test_others_reach_no_plan(counselor, case, app, client_as, who):
    agree(counselor, case)
    plan = plans_of(app)[0].id
    action = link(counselor, case + "/plans", "/actions/")
    other = client_as(who)
    for address in (
        case + "/plans",
        case + "/plans/new",
        f"{case}/plans/{plan}",
        f"{case}/plans/{plan}/paper",
        f"{case}/plans/{plan}/signing",
        f"{case}/plans/{plan}/reviews/new",
        action,
    ):
        assert other.get(address).status in (403, 404), address
    sent = {**WHOLE, "csrf_token": token(other)}
    assert other.post(case + "/plans/new", sent).status in (403, 404)
    assert len(plans_of(app)) == 1


def test_a_plan_is_no_part_of_another_case(counselor, case, app, client_as):
    agree(counselor, case)
    plan = plans_of(app)[0].id
    action = link(counselor, case + "/plans", "/actions/").split("/")[-1]
    own = open_case(counselor, name="Người Khác")
    elsewhere = client_as("counselor-b")
    theirs = open_case(elsewhere)
    for visitor, mine in ((counselor, own), (elsewhere, theirs)):
        for part in (f"/{plan}", f"/{plan}/paper", f"/{plan}/signing", f"/actions/{action}"):
            assert visitor.get(mine + "/plans" + part).status == 404
        sent = {"result": "reached", "csrf_token": token(visitor)}
        assert visitor.post(f"{mine}/plans/{plan}/reviews/new", sent).status == 404


def test_a_closed_case_keeps_its_plan_and_takes_no_change(counselor, case, app):
    agree(counselor, case)
    addresses = [link(counselor, case + "/plans", part) for part in ("/actions/", "/signing")]
    addresses.append(link(counselor, case + "/plans", "/reviews/new"))
    closure = case + "/closure"
    assert counselor.submit(closure, closure, reason="withdrew").status == 303
    words = counselor.get(case + "/plans").words
    assert "Có việc làm gần nhà" in words
    assert "Write a new version" not in words
    for address in addresses:
        values = {"result": "reached"} if "reviews" in address else {}
        page = counselor.submit(address, address, **values)
        assert page.status == 422
        assert "This case is closed." in page.words
    page = agree(counselor, case)
    assert page.status == 422
    assert "This case is closed." in page.words
    assert page.form(case + "/plans/new")[GOAL + "goal"] == "Có việc làm gần nhà"


def test_what_is_due_leads_to_its_form(counselor, case):
    agree(counselor, case, **{ACTION + "due_on": str(today())})
    soon = str(today() + timedelta(days=1))
    assert review(counselor, case, next_on=soon).status == 303
    links = {a.get("href") for a in counselor.get("/").all("a")}
    assert link(counselor, case + "/plans", "/actions/") in links
    assert link(counselor, case + "/plans", "/reviews/new") in links


def test_every_change_leaves_a_row_without_words(counselor, case, app):
    agree(counselor, case)
    follow_up(counselor, case, status="done")
    review(counselor, case)
    address = link(counselor, case + "/plans", "/signing")
    counselor.submit(address, address, person_signed_on=str(today()))
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("plan."))
        ).all()
        assert {row.action for row in rows} == {
            "plan.agree",
            "plan.action",
            "plan.review",
            "plan.sign",
        }
        assert {str(row.subject_id) for row in rows} == {case.split("/")[2]}
