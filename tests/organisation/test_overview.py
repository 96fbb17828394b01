"""My unit says what its pages say, and what is to be done; nobody else's records come in."""

from datetime import date

import pytest
import time_machine
from sqlalchemy import event

from casework.core.clock import now
from casework.core.database import db
from casework.organisation.bodies.models import Body, Decision, DecisionKind
from casework.organisation.budgets.models import BudgetLine, Movement, MovementKind
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.meetings.models import Meeting, Schedule
from casework.organisation.members.models import Member, Post
from casework.organisation.reports.models import ReportPeriod
from casework.organisation.units.models import Hamlet, Succession, SuccessionKind, Unit
from tests.cast import TODAY, Cast
from tests.page import Page, words

EMPTY_UNIT = [
    "Enter the club or team with its decision.",
    "Nothing was done together with a partner in twelve months.",
]


@pytest.fixture(autouse=True)
def today():
    """15 October 2026."""
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


def tasks(page: Page) -> list[str]:
    return [words(link) for link in page.all("a") if "task" in (link.get("class") or "").split()]


def a_club(cast: Cast, unit_id=None) -> Body:
    """A club since 2026, with its decision; it meets on the first Monday of every month."""
    club = Body(
        unit_id=unit_id or cast.units["a"], kind="club", name="CLB Hướng Dương",
        active_from=date(2026, 1, 1),
    )  # fmt: skip
    db.session.add(club)
    db.session.flush()
    decision = {"number": "12/QĐ-UBND", "signed_by": "UBND", "kind": DecisionKind.ESTABLISHMENT}
    days = {"signed_on": date(2025, 12, 20), "effective_on": date(2026, 1, 1)}
    db.session.add(Decision(body_id=club.id, unit_id=club.unit_id, **decision, **days))
    return club


def a_meeting(club: Body, due_on: date, held_on: date | None) -> None:
    db.session.add(Meeting(unit_id=club.unit_id, body_id=club.id, due_on=due_on, held_on=held_on))


def test_an_empty_unit_is_told_where_to_begin(client_as):
    page = client_as("unithead").get("/overview")
    assert page.h1 == "Phường Bạc Liêu"
    assert tasks(page) == EMPTY_UNIT
    assert tasks(client_as("unithead").get("/overview/people")) == []
    assert tasks(client_as("unithead").get("/overview/activities")) == [
        "There is no plan for 2026 yet."
    ]
    assert tasks(client_as("unithead").get("/overview/money")) == []


def test_meetings_and_posts_that_need_somebody(app, cast, client_as):
    with app.app_context():
        club = a_club(cast)
        schedule = {"from_on": date(2026, 1, 1), "interval_months": 1, "week": 1, "weekday": 0}
        db.session.add(Schedule(body_id=club.id, **schedule))
        a_meeting(club, date(2026, 7, 6), date(2026, 7, 6))
        a_meeting(club, date(2026, 8, 3), None)
        a_meeting(club, date(2026, 9, 7), date(2026, 9, 20))
        a_meeting(club, date(2026, 10, 12), None)
        member = Member(unit_id=club.unit_id, name="Lê Văn Tám")
        db.session.add(member)
        db.session.flush()
        chair = {"role": "chair", "from_on": date(2026, 1, 1), "until_on": date(2026, 7, 31)}
        db.session.add(Post(member_id=member.id, body_id=club.id, **chair))
        db.session.commit()
    page = client_as("unithead").get("/overview/people")
    found = tasks(page)
    # One of three decided ones was on time; 12 October may still be held.
    assert "CLB Hướng Dương: 1 of 3 meetings held on schedule" in found
    # From the first of January to the sixth of July.
    assert "Too long without a meeting: CLB Hướng Dương (186)" in found
    assert "Meetings held without minutes: 2" in found
    # 1 August to 15 October are 75 days after the last one held.
    assert any(t.startswith("CLB Hướng Dương: Chair vacant for 7") for t in found), found
    assert "1/3 meetings" in page.words
    urgent = [t for t in page.all("a") if "task-urgent" in (t.get("class") or "")]
    assert "1 of 3" in words(urgent[0])


def test_a_body_under_a_unit_that_is_no_more_asks_for_a_decision(app, cast, client_as):
    with app.app_context():
        old = Unit(
            code="31819", name="5", kind="ward", valid_from=date(2010, 8, 27),
            valid_until=date(2025, 6, 30), parent_id=cast.units["province"],
            province_id=cast.units["province"], is_province=False, source="test",
        )  # fmt: skip
        db.session.add(old)
        db.session.flush()
        db.session.add(
            Succession(
                predecessor_id=old.id, successor_id=cast.units["a"], kind=SuccessionKind.MERGE,
                on=date(2025, 7, 1), document="1655/NQ-UBTVQH15",
            )
        )  # fmt: skip
        a_club(cast, old.id)
        db.session.commit()
    found = tasks(client_as("unithead").get("/overview"))
    assert "CLB Hướng Dương still stands under a unit that is no more: reorganise." in found
    assert tasks(client_as("unithead-b").get("/overview")) == EMPTY_UNIT


def test_activities_of_the_year(app, cast, client_as):
    with app.app_context():
        reached, missed = (
            Hamlet(unit_id=cast.units["a"], name=f"Khóm {n}", active_from=date(2025, 7, 1))
            for n in (1, 2)
        )
        db.session.add_all([reached, missed])
        for unit, on, heard in (("a", date(2026, 3, 1), 40), ("a", date(2025, 12, 31), 99),
                                ("b", date(2026, 3, 1), 7)):  # fmt: skip
            session = CommunicationSession(
                unit_id=cast.units[unit], held_on=on, form="talk", topic="Việc làm",
                attendances=heard, materials=5,
            )  # fmt: skip
            db.session.add(session)
            db.session.flush()
            if unit == "a":
                db.session.add(CoveredHamlet(session_id=session.id, hamlet_id=reached.id))
        db.session.commit()
    page = client_as("unithead").get("/overview/activities")
    assert "1 sessions" in page.words and "40 attendances" in page.words
    assert "1/2 hamlets" in page.words
    assert "No communication session reached Khóm 2 this year." in tasks(page)


def test_late_money_and_reports(app, cast, client_as):
    with app.app_context():
        club = a_club(cast)
        line = BudgetLine(
            unit_id=club.unit_id, body_id=club.id, year=2026, funding_source="programme",
            purpose="activity", title="Kinh phí mô hình", estimate_amount=15_000_000,
            due_on=date(2026, 9, 30),
        )  # fmt: skip
        db.session.add(line)
        db.session.flush()
        moved = (
            (MovementKind.ALLOTMENT, 12_000_000),
            (MovementKind.ADVANCE, 8_000_000),
            (MovementKind.EXPENSE, 5_000_000),
        )
        for kind, amount in moved:
            db.session.add(
                Movement(line_id=line.id, unit_id=line.unit_id, kind=kind, amount=amount,
                         on=date(2026, 3, 1), recorded_at=now())
            )  # fmt: skip
        db.session.add(
            ReportPeriod(
                province_id=cast.units["province"], name="Sáu tháng", from_on=date(2026, 1, 1),
                until_on=date(2026, 6, 30), due_on=date(2026, 7, 10),
            )
        )  # fmt: skip
        db.session.commit()
    page = client_as("unithead").get("/overview/money")
    assert tasks(page) == [
        "Kinh phí mô hình: settlement 15 days late",
        "Report “Sáu tháng”, due on 10/07/2026",
    ]
    assert "12,000,000 đồng of 15,000,000 đồng" in page.words
    assert "8,000,000 đồng of 8,000,000 đồng advanced" in page.words


@pytest.mark.parametrize("username", ["accountant", "inspector", "manager", "dpo", "admin"])
def test_who_reads_no_activities_has_no_such_page(client_as, username):
    assert client_as(username).get("/overview").status == 403


def test_money_is_not_for_everybody(client_as):
    assert "Money and reports" not in client_as("volunteer").get("/overview").words
    assert client_as("volunteer").get("/overview/money").status == 403
    assert "Money and reports" in client_as("unithead").get("/overview").words


def test_another_unit_is_out_of_reach(cast, client_as):
    for part in ("", "/people", "/activities", "/money"):
        address = f"/overview{part}?unit={cast.units['b']}"
        assert client_as("unithead").get(address).status == 404


WIDE = ("members", "posts", "schedules", "meetings", "minutes", "movements", "payments")


def test_no_part_reads_a_table_of_the_whole_country(app, cast, client_as):
    """A unit's page costs the same whether 12 units or 3,321 keep their records here."""
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("SQLite tells how it reads before it holds any row")
    with app.app_context():
        a_club(cast)
        db.session.commit()
        engine = db.engine
    asked: dict[str, object] = {}

    def note(_connection, _cursor, statement, parameters, *_):
        asked[statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    for part in ("", "/people", "/activities", "/money"):
        assert client_as("unithead").get(f"/overview{part}").status == 200
    event.remove(engine, "before_cursor_execute", note)
    reads = {sql: how for sql, how in asked.items() if sql.startswith("SELECT")}
    assert sum(any(f".{table}" in sql for table in WIDE) for sql in reads) >= 10
    with engine.connect() as connection:
        steps = [
            step[3].replace("main.", "")
            for sql, how in reads.items()
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", how)
        ]
    assert not [step for step in steps if step.startswith(tuple(f"SCAN {t}" for t in WIDE))]
