"""What a unit intends month by month, beside what was done, counted by an independent hand."""

from datetime import date, timedelta
from io import BytesIO
from random import Random
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select, text

from casework.core.database import db
from casework.organisation.bodies.models import Body, Group
from casework.organisation.communications.models import CommunicationSession
from casework.organisation.meetings.models import Meeting, Schedule
from casework.organisation.partners.models import JointActivity
from casework.organisation.plans import queries
from casework.organisation.plans.models import Activity, PlannedActivity, YearlyPlan
from casework.organisation.trainings.models import Training
from casework.organisation.units.models import Succession, SuccessionKind, Unit, UnitKind
from tests.page import words

PLANS, CHANGE = "/plans", "/plans/change"
NOW = time_machine.travel("2026-10-15 08:00+07:00", tick=False)
PDF = b"%PDF-1.7 a plan"


@pytest.fixture(autouse=True)
def october():
    with NOW:
        yield


def set_plan(visitor, year=2026, query="", **changes):
    """Open the form of a year and save it with these changes."""
    address = f"{CHANGE}?year={year}"
    fields = {**visitor.get(address + query).form(CHANGE), **changes}
    return visitor.post(address, {name: value for name, value in fields.items() if value != ""})


def add_records(app, unit_id, days):
    """One of each thing on each of these days."""
    with app.app_context():
        body = Body(unit_id=unit_id, kind="club", name="CLB", active_from=date(2020, 1, 1))
        db.session.add(body)
        db.session.flush()
        group = Group(
            unit_id=unit_id, body_id=body.id, kind="peer", name="N", active_from=date(2020, 1, 1)
        )
        db.session.add(group)
        db.session.flush()
        for day in days:
            known = {"unit_id": unit_id, "held_on": day}
            db.session.add_all(
                [
                    Meeting(body_id=body.id, **known),
                    Meeting(group_id=group.id, **known),
                    CommunicationSession(form="talk", topic="x", **known),
                    JointActivity(topic="x", **known),
                    Training(
                        unit_id=unit_id,
                        title="x",
                        from_on=day - timedelta(40),
                        until_on=day,
                        days=1,
                    ),
                ]
            )
        db.session.commit()


def row_of(page, label):
    """The cells of an activity: "done/planned" for twelve months and the year."""
    [row] = [
        row
        for row in page.all("tr")
        if any(words(th) == label for th in row.iter("th")) and len(list(row.iter("td"))) == 13
    ]
    return [words(cell) for cell in row.iter("td")]


def test_done_is_counted_by_month_as_an_independent_hand_counts(app, cast):
    dice = Random(7)
    days = [date(2025, 1, 1) + timedelta(days=dice.randrange(730)) for _ in range(80)]
    days += [date(2026, 1, 1), date(2026, 1, 31), date(2026, 12, 31), date(2025, 12, 31)]
    add_records(app, cast.units["a"], days)
    add_records(app, cast.units["b"], days[:9])
    tables = {
        Activity.BODY_MEETING: "meetings WHERE body_id IS NOT NULL AND held_on",
        Activity.GROUP_SESSION: "meetings WHERE group_id IS NOT NULL AND held_on",
        Activity.COMMUNICATION: "communication_sessions WHERE held_on",
        Activity.COORDINATION: "joint_activities WHERE held_on",
        Activity.TRAINING: "trainings WHERE until_on",
    }
    with app.app_context():
        schema = "organisation." if db.engine.dialect.name == "postgresql" else ""
        done = queries.done_by_month([cast.units["a"]], 2026)
        for activity, source in tables.items():
            for month in range(1, 13):
                first = date(2026, month, 1)
                after = date(2026 + month // 12, month % 12 + 1, 1)
                counted = db.session.scalar(
                    text(
                        f"SELECT count(*) FROM {schema}{source} >= :first AND unit_id = :unit"
                        f" AND {source.split()[-1]} < :after"
                    ).bindparams(
                        first=first if schema else str(first),
                        after=after if schema else str(after),
                        unit=cast.units["a"] if schema else cast.units["a"].hex,
                    )
                )
                by_hand = sum(first <= day < after for day in days)
                assert done[activity][month] == counted == by_hand, (activity, month)


def test_planned_and_done_stand_side_by_side(app, cast, client_as):
    head = client_as("unithead")
    assert "No plan for 2026 yet" in head.get(PLANS).words
    numbers = {f"body_meeting_{month}": "1" for month in range(1, 13)}
    page = set_plan(
        head, number="03/KH-CLB", signed_on="2026-01-05", aims="Mỗi tháng một buổi", **numbers,
        communication_9="2", communication_10="3", paper=(BytesIO(PDF), "ke-hoach.pdf"),
    )  # fmt: skip
    page = head.follow(page)
    assert "03/KH-CLB" in page.words and "Mỗi tháng một buổi" in page.words
    assert "ke-hoach.pdf" in page.words
    add_records(app, cast.units["a"], [date(2026, 9, 30), date(2026, 2, 2), date(2026, 2, 20)])
    page = head.get(PLANS)
    meetings = row_of(page, "Meetings of clubs and teams")
    assert meetings[:3] == ["0/1 behind", "2/1", "0/1 behind"]
    # October is not over on the 15th.
    assert meetings[8:] == ["1/1", "0/1", "0/1", "0/1", "3/12"]
    sessions = row_of(page, "Communication sessions")
    assert sessions[8:10] == ["1/2 behind", "0/3"] and sessions[12] == "3/5"
    assert row_of(page, "Trainings")[12] == "3/0"
    # Three of each of the five, against twelve meetings and five sessions planned.
    assert "15/17 activities" in page.words
    assert "1, 3, 4, 5, 6, 7, 8, 9" in page.words
    assert "Done / planned by month" in page.words


def test_the_whole_grid_comes_back_and_a_change_keeps_the_earlier_numbers(app, client_as):
    head = client_as("unithead")
    grid = {
        f"{activity}_{month}": str((month * 7 + number) % 5)
        for number, activity in enumerate(Activity)
        for month in range(1, 13)
    }
    assert set_plan(head, **grid).status == 303
    shown = head.get(f"{CHANGE}?year=2026").form(CHANGE)
    assert {name: shown[name] for name in grid} == grid
    assert set_plan(head, training_1="9", number="").status == 303
    with app.app_context():
        plan = db.session.scalars(select(YearlyPlan)).one()
        assert queries.grid_of(plan)[Activity.TRAINING][1] == 9
        assert plan.version == 2, "numbers alone are a change of the plan"
    page = head.get(PLANS)
    assert "What it said earlier" in page.words
    earlier = [words(cell) for cell in page.one("details", class_="no-print").iter("td")]
    assert earlier[36] == grid["training_1"] != "9"


def test_two_heads_at_once_see_both_plans(client_as):
    head = client_as("unithead")
    address = f"{CHANGE}?year=2026"
    first, second = (head.get(address).form(CHANGE) for _ in range(2))
    for fields in (first, second):
        del fields["paper"]
    assert head.post(address, {**first, "aims": "lời của tôi", "training_1": "4"}).status == 303
    page = head.post(address, {**second, "aims": "lời của bạn", "training_1": "6"})
    assert page.status == 409
    assert "lời của tôi" in page.words and "lời của bạn" in page.words
    assert "Your numbers, not saved yet" in page.words and "Numbers saved now" in page.words
    fields = page.form(CHANGE)
    assert fields["training_1"] == "6" and fields["version"] == "1"
    del fields["paper"]
    assert head.post(address, fields).status == 303


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"training_1": "201"}, "training_1", "A whole number from 0 to 200."),
        ({"training_12": "-1"}, "training_12", "A whole number from 0 to 200."),
        ({"communication_3": "1.5"}, "communication_3", "Not a valid integer value."),
        ({"communication_3": "hai"}, "communication_3", "Not a valid integer value."),
        ({"number": "7/KH"}, "signed_on", "Say when it was signed."),
        ({"signed_on": "2027-01-01"}, "signed_on", "This date is too far ahead."),
        ({"paper": b"MZ\0\0"}, "paper", "Only these kinds may be sent"),
    ],
)
def test_bad_input_is_told_and_nothing_is_lost(app, client_as, changes, field, message):
    if "paper" in changes:
        changes = {"paper": (BytesIO(changes["paper"]), "x.pdf")}
    page = set_plan(client_as("unithead"), **{"aims": "giữ lại", "training_2": "3", **changes})
    assert page.status == 422 and message in words(page.one("div", id=f"{field}-error"))
    fields = page.form(CHANGE)
    assert fields["aims"] == "giữ lại" and fields["training_2"] == "3"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(YearlyPlan)) == 0


def test_zero_two_hundred_and_nothing_are_numbers(app, client_as):
    assert (
        set_plan(client_as("unithead"), training_1="0", training_2="200", training_3="").status
        == 303
    )
    with app.app_context():
        rows = db.session.scalars(select(PlannedActivity)).all()
        assert [(row.activity, row.month, row.count) for row in rows] == [("training", 2, 200)]


def test_the_schedule_fills_in_its_due_meetings(app, cast, client_as):
    head = client_as("unithead")
    add_records(app, cast.units["a"], [])
    with app.app_context():
        body, group = db.session.scalar(select(Body)), db.session.scalar(select(Group))
        group.active_until = date(2026, 6, 30)
        monthly = {"from_on": date(2025, 11, 1), "interval_months": 1, "week": 2, "weekday": 2}
        twice = {"from_on": date(2026, 1, 1), "interval_months": 2, "week": 1, "weekday": 0}
        db.session.add(Schedule(body_id=body.id, **monthly))
        db.session.add(Schedule(group_id=group.id, **twice))
        db.session.commit()
    assert set_plan(head, training_5="2").status == 303
    page = head.get(f"{CHANGE}?year=2026&fill=schedule")
    fields = page.form(CHANGE)
    assert [fields[f"body_meeting_{month}"] for month in range(1, 13)] == ["1"] * 12
    assert [fields[f"group_session_{month}"] for month in range(1, 13)] == list("101010000000")
    assert fields["training_5"] == "2", "what the schedule does not say stays"
    assert row_of(head.get(PLANS), "Group sessions")[0] == "0/0", "nothing is saved by it"


def test_last_years_plan_is_taken_over(client_as):
    head = client_as("unithead")
    assert (
        set_plan(
            head, 2025, training_4="3", aims="như cũ", number="1", signed_on="2025-01-02"
        ).status
        == 303
    )
    fields = head.get(f"{CHANGE}?year=2026&fill=last_year").form(CHANGE)
    assert fields["training_4"] == "3" and fields["aims"] == "như cũ" and fields["number"] == ""
    assert set_plan(head, 2026, "&fill=last_year").status == 303
    assert row_of(head.get(f"{PLANS}?year=2026"), "Trainings")[3] == "0/3 behind"
    assert head.get(f"{CHANGE}?year=2025&fill=last_year").form(CHANGE)["training_4"] == "3"


def test_plans_are_for_five_years(client_as):
    head = client_as("unithead")
    for year, status in {2022: 404, 2023: 200, 2027: 200, 2028: 404}.items():
        assert head.get(f"{PLANS}?year={year}").status == status, year
        assert head.get(f"{CHANGE}?year={year}").status == status, year
    fields = {"csrf_token": head.get(CHANGE).form(CHANGE)["csrf_token"]}
    assert head.post(f"{CHANGE}?year=2028", fields).status == 404


def test_who_reads_and_who_sets_the_plan(app, cast, client_as):
    assert set_plan(client_as("unithead"), aims="chỉ của Bạc Liêu").status == 303
    for who in ("counselor", "coordinator", "volunteer"):
        page = client_as(who).get(PLANS)
        assert "chỉ của Bạc Liêu" in page.words and CHANGE not in page.text
        assert client_as(who).get(CHANGE).status == 403
    for who in ("inspector", "manager", "accountant", "dpo", "admin"):
        assert client_as(who).get(PLANS).status == 403
    other, foreign = client_as("unithead-b"), cast.units["a"]
    assert "chỉ của Bạc Liêu" not in other.get(PLANS).words
    for address in (f"{PLANS}?unit={foreign}", f"{CHANGE}?unit={foreign}"):
        assert other.get(address).status == 404
    fields = {"csrf_token": other.get(CHANGE).form(CHANGE)["csrf_token"]}
    assert other.post(f"{CHANGE}?unit={foreign}", fields).status == 404


def test_a_merged_unit_counts_the_plans_of_its_predecessors(app, cast, client_as):
    with app.app_context():
        old = Unit(
            id=uuid4(), code="31999", name="Phường 5", kind=UnitKind.WARD, is_province=False,
            valid_from=date(2000, 1, 1), valid_until=date(2025, 6, 30), source="test",
        )  # fmt: skip
        db.session.add(old)
        db.session.flush()
        link = {"predecessor_id": old.id, "successor_id": cast.units["a"]}
        merged = {"kind": SuccessionKind.MERGE, "on": date(2025, 7, 1), "document": "NQ"}
        db.session.add(Succession(**link, **merged))
        plan = YearlyPlan(unit_id=old.id, year=2025)
        db.session.add(plan)
        db.session.flush()
        db.session.add(PlannedActivity(plan_id=plan.id, activity="training", month=3, count=2))
        db.session.commit()
        old_id = old.id
    add_records(app, old_id, [date(2025, 3, 3)])
    head = client_as("unithead")
    assert set_plan(head, 2025, training_9="1").status == 303
    page = head.get(f"{PLANS}?year=2025")
    row = row_of(page, "Trainings")
    assert (row[2], row[8], row[12]) == ("1/2 behind", "0/1 behind", "1/3")
    assert "merged into this one" in page.words


def test_what_is_planned_for_a_stretch_of_days_is_that_of_the_months_ending_in_it(
    app, cast, client_as
):
    head, unit_ids = client_as("unithead"), [cast.units["a"]]
    grid = {f"training_{month}": "1" for month in range(1, 13)}
    set_plan(head, 2025, **grid)
    set_plan(head, 2026, **grid)
    with app.app_context():
        assert queries.planned_between(unit_ids, date(2025, 12, 15), date(2026, 6, 14)) == 6
        assert queries.planned_between(unit_ids, date(2026, 1, 1), date(2026, 1, 31)) == 1
        assert queries.planned_between(unit_ids, date(2026, 1, 1), date(2026, 1, 30)) == 0
        assert queries.planned_between(unit_ids, date(2024, 1, 1), date(2024, 12, 31)) is None
