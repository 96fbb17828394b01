"""What is new in inspections: told to whom it concerns, until it was read or done."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from casework.core.database import db
from casework.inspection.findings.models import Finding, FindingKind, FindingStatus
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
)
from casework.inspection.minutes.models import Minutes, MinutesSignature, Side
from casework.inspection.notices.models import NewsSeen
from casework.inspection.recommendations.models import (
    Recommendation,
    RecommendationStatus,
    RecommendationStep,
    StepKind,
)
from casework.inspection.self_reports.models import SelfReport
from tests.inspection.rounds import inspection_of, make_plan

NOW, VISIT = "2026-10-15T08:00:00+07:00", date(2026, 11, 2)
NEWS = "/notices/inspections"
EVERYBODY = ("unithead", "counselor", "inspector", "manager", "unithead-b", "inspector-elsewhere")


@pytest.fixture(autouse=True)
def pinned():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def inspection(app, cast):
    """The id of an inspection of unit a, approved long ago, whose report has come."""
    with app.app_context():
        plan = make_plan(cast, "a", visit_on=VISIT)
        plan.submitted_at = plan.decided_at = datetime(2026, 6, 1, tzinfo=UTC)
        made = inspection_of(plan, cast.units["a"]).id
        db.session.add(
            SelfReport(inspection_id=made, submitted_at=datetime(2026, 6, 2, tzinfo=UTC))
        )
        db.session.commit()
    return made


def told(client_as, sentence):
    """Who reads a sentence on the page of news."""
    return {who for who in EVERYBODY if sentence in client_as(who).get(NEWS).words}


def change(app, inspection, **values):
    with app.app_context():
        row = db.session.get_one(Inspection, inspection)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def test_nothing_is_new_at_first(client_as, inspection):
    assert told(client_as, "Nothing new.") == set(EVERYBODY)
    assert "Nothing new." in client_as("accountant").get(NEWS).words
    for who in ("volunteer", "dpo", "admin"):
        assert client_as(who).get(NEWS).status == 403


def test_a_plan_waits_and_is_decided(client_as, app, cast):
    with app.app_context():
        plan = make_plan(cast, "a", status=PlanStatus.DRAFT, visit_on=VISIT)
        address = f"/inspections/plans/{plan.id}"
        db.session.commit()
    assert told(client_as, "02/11/2026") == set()
    assert client_as("inspector").submit(address, address + "/submit").status == 303
    waits = "A plan waits for your approval: visits from 02/11/2026."
    assert told(client_as, waits) == {"manager"}
    manager, decide = client_as("manager"), address + "/decision"
    assert manager.submit(address, decide, decision="return", note="Thiếu").status == 303
    assert told(client_as, "visits from 02/11/2026 was returned") == {"inspector"}
    assert told(client_as, waits) == set()
    assert client_as("inspector").submit(address, address + "/submit").status == 303
    page = client_as("manager").submit(address, decide, decision="approve", number="45")
    assert page.status == 303
    assert told(client_as, "with visits from 02/11/2026 is approved") == {"inspector"}
    sentence = (
        "Phường Bạc Liêu will be inspected on 02/11/2026. Its self-report is due on 28/10/2026."
    )
    assert told(client_as, sentence) == {"unithead", "counselor"}


def test_whoever_prepared_a_plan_is_not_asked_to_approve_it(client_as, app, cast):
    with app.app_context():
        plan = make_plan(cast, "a", visit_on=VISIT)
        plan.status, plan.recorded_by = PlanStatus.SUBMITTED, cast.accounts["manager"]
        db.session.commit()
    assert told(client_as, "waits for your approval") == set()


def test_a_day_that_changed_is_told(client_as, app, inspection):
    day = f"/inspections/{inspection}/day"
    page = client_as("inspector").submit(day, day, visit_on="2026-11-05", reason="bão")
    assert page.status == 303
    sentence = "The visit to Phường Bạc Liêu is on 05/11/2026 now."
    assert told(client_as, sentence) == {"unithead", "counselor", "inspector"}
    assert told(client_as, "bão") == set()


def test_the_report_is_due_and_overdue_and_comes(client_as, app, cast, inspection):
    with app.app_context():
        db.session.delete(db.session.scalars(select(SelfReport)).one())
        db.session.commit()
    assert told(client_as, "The self-report of") == set()
    with time_machine.travel("2026-10-21T00:30:00+07:00"):
        sentence = "The self-report of Phường Bạc Liêu is due on 28/10/2026."
        assert told(client_as, sentence) == {"unithead"}
    with time_machine.travel("2026-10-29T00:30:00+07:00"):
        sentence = "The self-report of Phường Bạc Liêu was due on 28/10/2026."
        assert told(client_as, sentence) == {"unithead"}
        write = f"/inspections/{inspection}/self-report/write"
        head = client_as("unithead")
        page = head.submit(write, write, achieved="Tốt", submit_report="1")
        assert page.status == 303
        assert told(client_as, sentence) == set()
        sentence = "Phường Bạc Liêu has submitted its self-report."
        assert told(client_as, sentence) == {"inspector"}


def test_minutes_wait_for_those_who_sign_and_are_signed(client_as, app, cast, inspection):
    moment = datetime(2026, 10, 14, tzinfo=UTC)
    with app.app_context():
        minutes = Minutes(
            inspection_id=inspection, province_id=cast.units["province"], year=2026, on=VISIT
        )
        db.session.add(minutes)
        db.session.commit()
        minutes_id = minutes.id
    assert told(client_as, "minutes of") == set()
    sentence = "The minutes of Phường Bạc Liêu wait for your signature."

    def sign(side):
        with app.app_context():
            db.session.add(
                MinutesSignature(
                    minutes_id=minutes_id,
                    side=side,
                    digest="",
                    name="Ký Tên",
                    on=date(2026, 10, 14),
                    by_name="Ký Tên",
                    at=moment,
                )
            )
            db.session.commit()

    with app.app_context():
        db.session.get_one(Minutes, minutes_id).frozen_at = moment
        db.session.commit()
    assert told(client_as, sentence) == {"unithead", "inspector"}
    sign(Side.TEAM)
    assert told(client_as, sentence) == {"unithead"}
    sign(Side.UNIT)
    assert told(client_as, sentence) == set()
    sentence = "The minutes of Phường Bạc Liêu are signed by both sides."
    assert told(client_as, sentence) == {"unithead", "counselor", "inspector"}
    assert told(client_as, "Ký Tên") == set()


def test_results_are_told(client_as, app, inspection):
    change(app, inspection, notified_at=datetime(2026, 10, 14, tzinfo=UTC))
    sentence = "The results of the inspection of Phường Bạc Liêu are told."
    assert told(client_as, sentence) == {"unithead", "counselor"}


@pytest.fixture
def recommendation(app, cast, inspection):
    """A function that writes a recommendation due on a day; answers its id."""

    def make(due, **values):
        with app.app_context():
            finding = Finding(
                inspection_id=inspection,
                kind=FindingKind.SHORTCOMING,
                position=1,
                text="Sinh hoạt chưa đúng định kỳ",
                status=FindingStatus.ACCEPTED,
            )
            db.session.add(finding)
            db.session.flush()
            made = Recommendation(
                inspection_id=inspection,
                unit_id=cast.units["a"],
                finding_id=finding.id,
                position=1,
                text="Khắc phục",
                responsible="Chủ nhiệm Phan Văn Bốn",
                due_on=due,
                first_due_on=due,
                **{"in_force_on": date(2026, 10, 1), **values},
            )
            db.session.add(made)
            db.session.commit()
            return made.id

    return make


def test_a_recommendation_is_due_and_overdue(client_as, recommendation):
    recommendation(date(2026, 10, 29))
    sentence = "A recommendation to Phường Bạc Liêu is due on 29/10/2026."
    assert told(client_as, sentence) == {"unithead", "counselor"}
    assert told(client_as, "Phan Văn Bốn") == set()
    with time_machine.travel("2026-10-30T00:10:00+07:00"):
        sentence = "A recommendation to Phường Bạc Liêu was due on 29/10/2026."
        assert told(client_as, sentence) == {"unithead", "counselor", "inspector", "manager"}
        assert told(client_as, "waits for you") == {"unithead", "counselor"}


@pytest.mark.parametrize(
    ("due", "values"),
    [
        (date(2026, 10, 30), {}),
        (date(2026, 10, 20), {"in_force_on": None}),
        (date(2026, 10, 1), {"in_force_on": None}),
        (date(2026, 10, 1), {"status": RecommendationStatus.VERIFIED}),
        (date(2026, 10, 1), {"status": RecommendationStatus.DONE}),
        (date(2026, 10, 20), {"status": RecommendationStatus.WAIVED}),
    ],
)
def test_what_is_not_in_force_or_done_or_far_away_is_not_told(
    client_as, recommendation, due, values
):
    recommendation(due, **values)
    assert told(client_as, "recommendation to") == set()


@pytest.mark.parametrize(
    ("kind", "sentence", "who"),
    [
        (StepKind.ANSWER, "Phường Bạc Liêu has answered a recommendation.", {"inspector"}),
        (StepKind.VERIFICATION, "is confirmed as done.", {"unithead", "counselor"}),
        (StepKind.RETURN, "to a recommendation was returned.", {"unithead", "counselor"}),
        (StepKind.EXTENSION, "has more time now.", {"unithead", "counselor"}),
        (StepKind.WAIVER, "is waived.", {"unithead", "counselor"}),
    ],
)
def test_steps_are_told(client_as, app, recommendation, kind, sentence, who):
    made = recommendation(date(2026, 12, 30))
    with app.app_context():
        db.session.add(
            RecommendationStep(
                recommendation_id=made,
                kind=kind,
                text="Ông Tư đã nộp",
                by_name="Huỳnh Văn Ba",
                at=datetime(2026, 10, 14, tzinfo=UTC),
            )
        )
        db.session.commit()
    assert told(client_as, sentence) == who
    assert told(client_as, "Ông Tư") == set()


def test_the_accountant_hears_of_recommendations_about_money_alone(client_as, app, recommendation):
    recommendation(date(2026, 10, 29), is_money=True)
    recommendation(date(2026, 10, 28))
    accountant = client_as("accountant")
    shown = accountant.get(NEWS)
    assert "is due on 29/10/2026" in shown.words
    assert "28/10/2026" not in shown.words
    assert "inspected" not in shown.words
    links = [a.get("href") for a in shown.all("a") if "/recommendations/" in (a.get("href") or "")]
    assert accountant.get(links[0]).status == 200
    loaded = [p.get("hx-get") for p in accountant.get("/budgets").all("p")]
    assert NEWS in loaded


def test_what_was_read_is_put_away(client_as, app, cast):
    with app.app_context():
        make_plan(cast, "a", visit_on=VISIT)
        db.session.commit()
    head, panel = client_as("unithead"), {"HX-Request": "true", "HX-Target": "news"}
    assert "will be inspected" in head.get(NEWS, headers=panel).words
    opened = head.get(NEWS)
    # What came after the page was opened stays new.
    with time_machine.travel("2026-10-16T08:00:00+07:00"), app.app_context():
        other = make_plan(cast, "a", visit_on=date(2026, 12, 1), number="13")
        other.decided_at = datetime(2026, 10, 15, 1, 0, 1, tzinfo=UTC)
        db.session.commit()
    assert head.submit(opened, NEWS).status == 303
    with time_machine.travel("2026-10-15T08:01:00+07:00"):
        shown = head.get(NEWS, headers=panel).words
        assert "01/12/2026" in shown
        assert "02/11/2026" not in shown
        page = head.get(NEWS)
        assert "02/11/2026" in page.words
        assert head.submit(page, NEWS).status == 303
        assert head.get(NEWS, headers=panel).text.strip() == ""
        assert not [f for f in head.get(NEWS).all("form") if f.get("action") == NEWS]
    with app.app_context():
        assert len(db.session.scalars(select(NewsSeen)).all()) == 1


@pytest.mark.parametrize("until", ["", "gestern", "2126-01-01T00:00:00+00:00"])
def test_nobody_puts_away_what_is_to_come(client_as, app, cast, until):
    with app.app_context():
        make_plan(cast, "a", visit_on=VISIT)
        db.session.commit()
    head = client_as("unithead")
    page = head.submit(NEWS, NEWS, until=until)
    assert page.status == (303 if until.startswith("2126") else 422)
    with app.app_context():
        seen = db.session.scalars(select(NewsSeen.seen_at)).all()
    assert seen == ([datetime(2026, 10, 15, 1, tzinfo=UTC)] if page.status == 303 else [])


def test_old_news_is_no_news_but_what_waits_waits(client_as, app, cast, recommendation):
    with app.app_context():
        make_plan(cast, "a", visit_on=date(2027, 6, 1), number="13")
        db.session.commit()
    recommendation(date(2026, 10, 14))
    with time_machine.travel("2026-12-20T08:00:00+07:00"):
        page = client_as("unithead").get(NEWS)
        assert "was due on 14/10/2026" in page.words
        assert "will be inspected" not in page.words


def test_news_of_the_unit_that_was_merged_go_to_the_one_that_followed(client_as, app, cast):
    with app.app_context():
        plan = make_plan(cast, "a", visit_on=VISIT)
        moved = inspection_of(plan, cast.units["a"])
        moved.unit_id = cast.units["b"]
        db.session.commit()
    assert told(client_as, "Xã Năm Căn will be inspected") == {"unithead-b"}


def test_pages_to_start_from_load_the_news(client_as, cast):
    for who, page in (
        ("counselor", "/"),
        ("unithead", "/overview"),
        ("inspector", "/figures"),
        ("manager", "/inspections"),
        ("unithead", "/inspections"),
    ):
        shown = client_as(who).get(page)
        if shown.status == 303:
            shown = client_as(who).follow(shown)
        loaded = [p.get("hx-get") for p in shown.all("p") if p.get("hx-get")]
        assert NEWS in loaded, (who, page)
    assert NEWS not in client_as("volunteer").get("/overview").text


def test_a_long_round_stays_within_the_budget(client_as, app, cast):
    with app.app_context():
        for number in range(20):
            plan = make_plan(cast, "a", "b", visit_on=VISIT + timedelta(days=number), number="x")
            plan.number = str(number)
        db.session.commit()
    for who in EVERYBODY:
        assert client_as(who).get(NEWS).status == 200
    with app.app_context():
        assert len(db.session.scalars(select(InspectionPlan)).all()) == 20
        assert {each.status for each in db.session.scalars(select(Inspection))} == {
            InspectionStatus.PLANNED
        }
