"""Due days against an independent count, meetings logged, minuted, excused and counted."""

from calendar import monthcalendar
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
import time_machine
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.workbooks import write_sheet
from casework.organisation.bodies.models import Body, Group, GroupKind
from casework.organisation.bodies.operations import open_group
from casework.organisation.documents.models import AttachedFile
from casework.organisation.meetings import calendar
from casework.organisation.meetings.calendar import due_days, longest_gap
from casework.organisation.meetings.figures import (
    count_by_month,
    count_on_schedule,
    on_schedule_by_circle,
)
from casework.organisation.meetings.models import (
    Meeting,
    MeetingStatus,
    Minutes,
    Pause,
    Schedule,
)
from casework.organisation.meetings.operations import excuse, hold, hold_meeting
from casework.organisation.meetings.queries import list_circles
from casework.organisation.meetings.schedules import make_due_meetings, set_schedule
from casework.organisation.meetings.sheets import ALL_COLUMNS
from casework.organisation.settings.models import Setting, SettingValue
from tests.cast import TODAY, Cast

MONDAY, WEDNESDAY = 0, 2


def count_days_by_hand(schedule: Schedule, until: date) -> list[date]:
    """The rule read off the sheets of a calendar, without the program's own arithmetic."""
    found, counted, year, month = [], 0, schedule.from_on.year, schedule.from_on.month
    while (year, month) <= (until.year, until.month):
        column = [week[schedule.weekday] for week in monthcalendar(year, month)]
        dates = [date(year, month, number) for number in column if number]
        due = dates[-1] if schedule.week == 5 else dates[schedule.week - 1]
        if counted > 0 or due >= schedule.from_on:
            if counted % schedule.interval_months == 0:
                while due in country_holidays("VN", years=due.year):
                    due += timedelta(weeks=1)
                found.append(due)
            counted += 1
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return [due for due in found if due <= until]


@given(
    from_on=st.dates(date(2017, 1, 1), date(2035, 12, 31)),
    week=st.integers(1, 5),
    weekday=st.integers(0, 6),
    interval=st.sampled_from([1, 2, 3, 6, 12]),
    days=st.integers(0, 1200),
)
def test_due_days_are_those_of_the_calendar(from_on, week, weekday, interval, days):
    schedule = Schedule(
        group_id=uuid4(), from_on=from_on, week=week, weekday=weekday, interval_months=interval
    )
    until = from_on + timedelta(days=days)
    found = due_days(schedule, until)
    assert found == count_days_by_hand(schedule, until)
    assert len(found) == len(set(found)) and all(from_on <= day <= until for day in found)
    assert all(day.weekday() == weekday for day in found)


def test_a_due_day_in_tet_moves_by_weeks():
    schedule = Schedule(
        group_id=uuid4(), from_on=date(2027, 2, 1), week=1, weekday=4, interval_months=1
    )
    # Friday 5 February 2027 is New Year's Eve of the lunar year; the 12th is none of its holidays.
    assert due_days(schedule, date(2027, 2, 28)) == [date(2027, 2, 12)]


def a_group(
    cast: Cast, unit: str = "a", name: str = "Hoa Sen", on: date = date(2026, 1, 1)
) -> Group:
    group = open_group(cast.units[unit], GroupKind.SELF_HELP, name, by=SYSTEM, on=on)
    db.session.flush()
    set_schedule(group, week=1, weekday=MONDAY, interval_months=1, by=SYSTEM, on=on)
    make_due_meetings([group], date(2026, 12, 31))
    return group


def due_of(group: Group) -> list[date | None]:
    query = select(Meeting.due_on).where(Meeting.group_id == group.id).order_by(Meeting.due_on)
    return list(db.session.scalars(query))


def test_due_meetings_are_made_once(app, cast):
    with app.app_context():
        group = a_group(cast)
        assert len(due_of(group)) == 12
        assert make_due_meetings([group], date(2026, 12, 31)) == 0
        assert make_due_meetings([group], date(2027, 1, 31)) == 1


def test_another_schedule_replaces_what_is_still_open(app, cast):
    with app.app_context():
        group = a_group(cast)
        hold_meeting(group, date(2026, 8, 3), by=SYSTEM)
        set_schedule(
            group, week=2, weekday=WEDNESDAY, interval_months=2, by=SYSTEM, on=date(2026, 7, 1)
        )
        make_due_meetings([group], date(2026, 12, 31))
        assert due_of(group)[6:] == [
            date(2026, 7, 8),
            date(2026, 8, 3),
            date(2026, 9, 9),
            date(2026, 11, 11),
        ]
        with pytest.raises(RuleBroken):
            set_schedule(
                group, week=1, weekday=1, interval_months=1, by=SYSTEM, on=date(2026, 7, 1)
            )


@pytest.mark.parametrize(
    ("held", "answers", "status"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 6, 8), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 5, 25), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 6, 9), date(2026, 6, 1), MeetingStatus.LATE),
        (date(2026, 6, 22), date(2026, 6, 1), MeetingStatus.LATE),
        (date(2026, 6, 23), None, MeetingStatus.ON_TIME),
    ],
)
def test_a_meeting_answers_the_due_one_of_its_window(app, cast, held, answers, status):
    with app.app_context():
        group = a_group(cast)
        meeting = hold_meeting(group, held, by=SYSTEM)
        assert (meeting.due_on, meeting.held_on) == (answers, held)
        assert meeting.status(date(2026, 12, 1)) is status


def test_the_earlier_of_two_as_near_is_answered_and_none_twice(app, cast):
    with app.app_context():
        group = a_group(cast)
        db.session.add(Meeting(unit_id=group.unit_id, group_id=group.id, due_on=date(2026, 6, 7)))
        db.session.flush()
        assert hold_meeting(group, date(2026, 6, 4), by=SYSTEM).due_on == date(2026, 6, 1)
        second = hold_meeting(group, date(2026, 6, 4), by=SYSTEM)
        assert second.due_on == date(2026, 6, 7)
        db.session.flush()
        assert hold_meeting(group, date(2026, 6, 5), by=SYSTEM).due_on is None
        with pytest.raises(RuleBroken):
            hold(second, date(2026, 6, 6), by=SYSTEM)


def test_excused_is_out_of_the_divisor_and_held_can_not_be_excused(app, cast):
    with app.app_context():
        group = a_group(cast)
        hold_meeting(group, date(2026, 1, 5), by=SYSTEM)
        meetings = list(db.session.scalars(select(Meeting).order_by(Meeting.due_on)).all())
        excuse(meetings[1], "Tết", by=SYSTEM)
        with pytest.raises(RuleBroken):
            excuse(meetings[0], "bão", by=SYSTEM)
        with pytest.raises(RuleBroken):
            excuse(meetings[2], "  ", by=SYSTEM)
        counted = count_on_schedule(meetings, date(2026, 4, 8))
        # January held, February excused, March missed; April's window is open, the rest is to come.
        assert (counted.on_time, counted.due, counted.excused) == (1, 2, 1)
        assert counted.still_open == 9


def test_the_month_says_who_met_and_asks_no_confidential_table(app, cast, client_as):
    with app.app_context():
        group = a_group(cast)
        a_group(cast, "b", "Bằng Lăng")
        hold_meeting(group, date(2026, 9, 7), by=SYSTEM)
        hold_meeting(group, date(2026, 9, 20), by=SYSTEM)
        db.session.commit()
    with time_machine.travel(date(2026, 10, 15), tick=False):
        page = client_as("unithead").get("/meetings?month=2026-09")
        assert page.status == 200 and "Hoa Sen" in page.words and "Bằng Lăng" not in page.words
        assert "1 of 1 due" in page.words and "extra" in page.words and "07/09/2026" in page.words
        days = [cell for cell in page.all("td") if cell.text and cell.text.strip() == "7"]
        assert "Hoa Sen" in "".join(days[0].itertext()), "the sheet of the calendar"
        assert "Bằng Lăng" in client_as("unithead-b").get("/meetings?month=2026-09").words
    confidential = (
        "confidential",
        "group_members",
        "group_sessions",
        "attendances",
        "facilitators",
    )
    assert page.statements and not [
        sql for sql in page.statements if any(name in sql for name in confidential)
    ]


@pytest.mark.parametrize("month", ["", "2026-13", "9999-12", "0000-00", "x", "2026-09-01", "%00"])
def test_a_month_that_is_none_shows_the_current_one(client_as, month):
    assert client_as("volunteer").get(f"/meetings?month={month}").status == 200


@pytest.mark.parametrize("username", ["inspector", "dpo", "admin", "accountant", "manager"])
def test_who_has_no_business_with_meetings_is_refused(client_as, username):
    assert client_as(username).get("/meetings").status == 403


@pytest.fixture
def today():
    """15 October 2026, a Thursday."""
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


def a_club(cast: Cast, unit: str = "a", name: str = "CLB Hướng Dương") -> Body:
    """A club that is due on the first Monday of every month of 2026."""
    club = Body(unit_id=cast.units[unit], kind="club", name=name, active_from=date(2026, 1, 1))
    db.session.add(club)
    db.session.flush()
    set_schedule(club, week=1, weekday=MONDAY, interval_months=1, by=SYSTEM, on=date(2026, 1, 1))
    make_due_meetings([club], date(2026, 12, 31))
    return club


@pytest.fixture
def club(app, cast, today):
    with app.app_context():
        found = a_club(cast)
        db.session.commit()
        return found.id


def meeting_of(circle_id: UUID, due_on: date | None = None, held_on: date | None = None) -> UUID:
    query = select(Meeting.id).where(
        (Meeting.body_id == circle_id) | (Meeting.group_id == circle_id),
        Meeting.due_on == due_on if due_on else Meeting.held_on == held_on,
    )
    return db.session.scalars(query).one()


def log(visitor, circle_id, on="2026-10-05", **values):
    told = {
        "present": "12",
        "content": "Bàn về việc làm",
        "resolutions": "Thăm hai hộ",
        "paper": None,
        **values,
    }
    return visitor.submit("/meetings/log", "/meetings/log", circle=str(circle_id), on=on, **told)


def correct(visitor, address, page=None, **values):
    return visitor.submit(page or address, address, paper=None, **values)


def test_a_meeting_is_logged_in_one_post(app, client_as, club):
    visitor = client_as("volunteer")
    picture = (BytesIO(b"%PDF-1.7 x".ljust(64, b"\n")), "bien-ban.pdf")
    answer = log(visitor, club, paper=picture)
    page = visitor.follow(answer)
    assert page.h1 == "CLB Hướng Dương" and "on schedule" in page.words
    for told in ("The meeting is kept, with its minutes.", "Bàn về việc làm", "Thăm hai hộ",
                 "12", "05/10/2026", "bien-ban.pdf", "Phạm Văn Út"):  # fmt: skip
        assert told in page.words, told
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AttachedFile)) == 1


def test_a_due_meeting_leads_to_its_form_filled_in(app, client_as, club):
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    visitor = client_as("counselor")
    assert f"/meetings/log?meeting={meeting}" in visitor.get(f"/meetings/{meeting}").text
    form = visitor.get(f"/meetings/log?meeting={meeting}").form("/meetings/log")
    assert (form["circle"], form["on"]) == (str(club), "2026-10-05")
    assert visitor.get(f"/meetings/log?meeting={uuid4()}").status == 404
    assert visitor.get("/meetings/log?meeting=x").status == 200


def test_minutes_may_follow_and_are_missed_meanwhile(app, client_as, club):
    visitor = client_as("volunteer")
    page = visitor.follow(log(visitor, club, present="", content="", resolutions=""))
    assert "Its minutes are missing" in page.words
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    other = client_as("counselor")
    shown = other.get("/meetings?month=2026-10")
    assert "Minutes missing: 1" in shown.words and f"/meetings/{meeting}/minutes" in shown.text
    address = f"/meetings/{meeting}/minutes"
    assert other.submit(address, address, present="9", content="Đủ", paper=None).status == 303
    assert "Minutes missing: " not in other.get("/meetings").words
    assert visitor.get(address).status == 404, "these minutes are the other's now"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"present": ""}, "Fill this in, or leave all of the minutes for later."),
        ({"content": ""}, "Fill this in, or leave all of the minutes for later."),
        ({"present": "0"}, "A number from 1 to 5000."),
        ({"present": "mười"}, "Not a valid integer value."),
        ({"on": ""}, "Fill this in."),
        ({"on": "2026-10-16"}, "This day has not come yet. Log a meeting once it was held."),
        ({"on": "2019-10-16"}, "This date is too long ago."),
        ({"on": "31/02/2026"}, "Not a date. Write day/month/year, such as 05/02/2026."),
        ({"on": "2025-12-31"}, "This body or group exists from 01/01/2026 on."),
        (
            {"on": "2026-09-29", "extra": None},
            None,
        ),
        (
            {"on": "2026-10-28"},
            "This day has not come yet. Log a meeting once it was held.",
        ),
        ({"circle": "x"}, "Not a valid choice."),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(client_as, club, values, said):
    sent = {"circle": str(club), "on": "2026-10-05", "resolutions": "giữ lại nhé", **values}
    page = log(client_as("volunteer"), sent.pop("circle"), **sent)
    if said is None:
        assert page.status == 303, "six days early is on time"
        return
    assert page.status == 422 and said in page.words
    assert page.form("/meetings/log")["resolutions"] == "giữ lại nhé"


def test_logging_one_meeting_shows_the_year_to_come_of_the_whole_unit(app, cast, client_as, club):
    with app.app_context():
        seldom, theirs = a_club(cast, name="Ít họp"), a_club(cast, "b", "CLB Bần Xanh")
        ended = a_club(cast, name="Đã tan")
        ended.active_until = date(2026, 12, 31)
        db.session.commit()
        ids = [each.id for each in (seldom, theirs, ended)]
    assert log(client_as("volunteer"), club).status == 303
    with app.app_context():
        latest = select(func.max(Meeting.due_on))
        assert [db.session.scalar(latest.where(Meeting.body_id == each)) for each in ids] == [
            date(2027, 10, 4),
            date(2026, 12, 7),
            date(2026, 12, 7),
        ]
    assert "Ít họp" in client_as("unithead").get("/meetings?month=2027-09").words


def test_a_meeting_is_not_held_twice_nor_before_it_was_due(app, client_as, club):
    visitor = client_as("volunteer")
    assert log(visitor, club).status == 303
    page = log(visitor, club)
    assert page.status == 422
    twice = "A meeting of this day is already logged. Open it to correct it."
    assert twice in "".join(page.one("div", id="on-error").itertext())
    page = log(visitor, club, on="2026-10-14")
    early = (
        "Not due yet: the next meeting is due on 02/11/2026. "
        "If this one was held besides it, log it as an extra meeting."
    )
    assert page.status == 422 and early in "".join(page.one("div", id="on-error").itertext())
    assert page.form("/meetings/log")["content"] == "Bàn về việc làm"
    answer = visitor.submit(page, "/meetings/log", extra="y", paper=None)
    assert "extra, was not due" in visitor.follow(answer).words
    with app.app_context():
        assert meeting_of(club, held_on=date(2026, 10, 14))
        assert db.session.scalar(select(func.count()).where(Meeting.held_on.is_not(None))) == 2


def test_the_same_form_sent_twice_keeps_one_meeting(app, client_as, club):
    visitor = client_as("volunteer")
    fields = visitor.get("/meetings/log").form("/meetings/log")
    fields |= {"circle": str(club), "on": "2026-10-05", "present": "3", "content": "x"}
    del fields["paper"]
    first, second = (visitor.post("/meetings/log", fields) for _ in range(2))
    assert first.location == second.location and second.status == 303


def test_only_open_circles_of_ones_unit_are_offered(app, cast, client_as, club):
    with app.app_context():
        hidden = a_group(cast).id
        theirs = a_club(cast, "b", "CLB Bần Xanh").id
        shown = open_group(cast.units["a"], GroupKind.COUNSELLING, "Tư vấn", by=SYSTEM, on=TODAY)
        db.session.commit()
        offered = shown.id
    visitor = client_as("volunteer")
    page = visitor.get("/meetings/log")
    assert {option.get("value") for option in page.all("option")} == {str(club), str(offered)}
    for circle in (hidden, theirs):
        refused = log(visitor, circle)
        assert refused.status == 422 and "Not a valid choice." in refused.words


@pytest.mark.parametrize("username", ["coordinator", "inspector", "accountant", "admin"])
def test_who_may_not_log_is_refused(client_as, club, username):
    visitor = client_as(username)
    for address in ("/meetings/log", "/meetings/import", "/meetings/template"):
        assert visitor.get(address).status == 403


def test_the_other_unit_reaches_nothing(app, client_as, club):
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    log(client_as("volunteer"), club)
    visitor = client_as("unithead-b")
    for part in ("", "/minutes", "/undo", "/excuse"):
        assert visitor.get(f"/meetings/{meeting}{part}").status == 404
    token = visitor.get("/meetings/pauses").form("/meetings/pauses")["csrf_token"]
    for part in ("approve", "undo", "expect"):
        answer = visitor.post(f"/meetings/{meeting}/{part}", {"csrf_token": token})
        assert answer.status == 404


def test_a_correction_keeps_what_it_corrects_and_takes_the_approval_away(app, client_as, club):
    recorder, head = client_as("volunteer"), client_as("unithead")
    log(recorder, club)
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    address = f"/meetings/{meeting}"
    assert head.submit(address, f"{address}/approve").status == 303
    page = recorder.get(address)
    assert "approved" in page.words and "Huỳnh Văn Ba" in page.words
    assert "Approve the minutes" not in page.words
    changed = recorder.submit(
        f"{address}/minutes",
        f"{address}/minutes",
        content="Bàn về học nghề",
        present="11",
        paper=None,
    )
    page = recorder.follow(changed)
    assert "Bàn về học nghề" in page.words and "not yet" in page.words
    assert "Bàn về việc làm" in page.words, "what it said earlier"
    assert correct(head, f"{address}/minutes", present="10").status == 303
    assert client_as("counselor").get(f"{address}/minutes").status == 404
    token = recorder.get("/meetings/log").form("/meetings/log")["csrf_token"]
    assert recorder.post(f"{address}/approve", {"csrf_token": token}).status == 403


def test_the_paper_of_approved_minutes_stays(app, client_as, club):
    recorder, head = client_as("volunteer"), client_as("unithead")
    picture = (BytesIO(b"%PDF-1.7 x".ljust(64, b"\n")), "bien-ban.pdf")
    address = log(recorder, club, paper=picture).location
    page = recorder.get(address)
    (link,) = [a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or "")]
    assert head.submit(address, f"{address}/approve").status == 303
    # The page was open before the approval.
    kept = recorder.follow(recorder.submit(page, f"{link}/remove"))
    assert "its papers stay with it" in kept.words and "bien-ban.pdf" in kept.words
    assert "Remove the file" not in kept.words and recorder.get(link).status == 200
    # A correction takes the approval away, and then the wrong picture can go.
    correct(recorder, f"{address}/minutes", content="Đúng")
    page = recorder.get(address)
    assert "bien-ban.pdf" not in recorder.follow(recorder.submit(page, f"{link}/remove")).words


def test_the_second_of_two_editors_sees_both_texts(app, client_as, club):
    head = client_as("unithead")
    log(head, club)
    with app.app_context():
        address = f"/meetings/{meeting_of(club, date(2026, 10, 5))}"
    first, second = head.get(f"{address}/minutes"), head.get(f"{address}/minutes")
    shown = head.get(address)
    assert correct(head, f"{address}/minutes", first, content="Một").status == 303
    page = correct(head, f"{address}/minutes", second, content="Hai")
    assert page.status == 409 and "Một" in page.words and "Hai" in page.words
    assert correct(head, f"{address}/minutes", page).status == 303
    stale = head.submit(shown, f"{address}/approve")
    assert stale.status == 409 and "Somebody saved this record" in stale.words
    assert head.submit(stale, f"{address}/approve").status == 409
    fresh = head.get(address)
    assert head.submit(fresh, f"{address}/approve").status == 303
    again = head.submit(fresh, f"{address}/approve", operation=str(uuid4()), version="4")
    assert again.status in (409, 422)


def test_a_wrongly_logged_meeting_is_taken_back_and_due_again(app, client_as, club):
    recorder = client_as("volunteer")
    log(recorder, club)
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    address = f"/meetings/{meeting}/undo"
    assert client_as("counselor").get(address).status == 404
    page = recorder.submit(address, address, reason="")
    assert page.status == 422 and "Fill this in." in page.words
    page = recorder.follow(recorder.submit(address, address, reason="Nhầm ngày"))
    for told in ("Nhầm ngày", "Bàn về việc làm", "not held"):
        assert told in page.words, told
    with app.app_context():
        row = db.session.get_one(Meeting, meeting)
        assert (row.held_on, row.recorded_by) == (None, None)
        assert db.session.scalar(select(func.count()).select_from(Minutes)) == 0
    assert log(recorder, club).status == 303, "and logged again"
    again = recorder.get(f"/meetings/{meeting}")
    assert "Nhầm ngày" in again.words and "on schedule" in again.words


def test_a_meeting_with_approved_minutes_is_taken_back_by_the_unit_head_only(app, client_as, club):
    recorder, head = client_as("volunteer"), client_as("unithead")
    address = log(recorder, club).location
    undo = f"{address}/undo"
    shown = recorder.get(undo)
    assert undo in recorder.get(address).text
    assert head.submit(address, f"{address}/approve").status == 303
    assert undo not in recorder.get(address).text and undo in head.get(address).text
    page = recorder.submit(shown, undo, reason="Nhầm ngày")
    assert page.status == 422 and page.form(undo)["reason"] == "Nhầm ngày"
    assert "Its minutes are approved: only the unit head takes it back." in page.words
    with app.app_context():
        assert db.session.scalars(select(Minutes)).one().approved_at
    assert head.submit(undo, undo, reason="Nhầm ngày").status == 303


def test_a_sessions_of_a_confidential_group_is_not_touched_here(app, cast, client_as, today):
    with app.app_context():
        group = a_group(cast)
        hold_meeting(group, date(2026, 9, 7), by=SYSTEM)
        db.session.commit()
        held, due = meeting_of(group.id, date(2026, 9, 7)), meeting_of(group.id, date(2026, 10, 5))
    head = client_as("unithead")
    page = head.get(f"/meetings/{held}")
    assert "only those who lead the group see it" in page.words
    assert "Minutes" not in page.words
    for address in (f"{held}/minutes", f"{held}/undo", f"{due}/excuse", f"log?meeting={due}"):
        assert head.get(f"/meetings/{address}").status == 404, address


def test_the_unit_head_excuses_with_a_reason_and_takes_it_back(app, client_as, club):
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
    head, address = client_as("unithead"), f"/meetings/{meeting}/excuse"
    assert client_as("volunteer").get(address).status == 403
    page = head.submit(address, address, excuse=" ")
    assert page.status == 422 and "Fill this in." in page.words
    page = head.follow(head.submit(address, address, excuse="Bão số 5"))
    assert "postponed with a reason" in page.words and "Bão số 5" in page.words
    page = head.follow(head.submit(page, f"/meetings/{meeting}/expect"))
    assert "The meeting is due again." in page.words
    assert "postponed with a reason" not in page.words and "Bão số 5" in page.words
    log(client_as("volunteer"), club)
    page = head.submit(head.get(address), address, excuse="Bão")
    assert page.status == 422
    assert "Only a due meeting that was not held can be excused." in page.words


def test_another_reason_keeps_the_one_before_and_the_second_of_two_sees_both(
    app, cast, client_as, club
):
    with app.app_context():
        meeting = meeting_of(club, date(2026, 10, 5))
        days = {"from_on": date(2026, 10, 1), "until_on": date(2026, 10, 9)}
        pause = Pause(unit_id=cast.units["a"], kind="flood", reason="Mùa nước nổi", **days)
        db.session.add(pause)
        db.session.flush()
        row = db.session.get_one(Meeting, meeting)
        row.excuse, row.pause_id = pause.reason, pause.id
        db.session.commit()
    head, address = client_as("unithead"), f"/meetings/{meeting}/excuse"
    first, second = head.get(address), head.get(address)
    page = head.follow(head.submit(first, address, excuse="Bão số 5"))
    assert "Bão số 5" in page.words
    assert "Mùa nước nổi" in "".join("".join(each.itertext()) for each in page.all("details"))
    with app.app_context():
        assert db.session.get_one(Meeting, meeting).pause_id is None
    page = head.submit(second, address, excuse="Bận gặt")
    assert page.status == 409 and "Saved now Bão số 5" in page.words
    assert page.form(address)["excuse"] == "Bận gặt"
    assert head.submit(page, address).status == 303


def test_a_schedule_that_falls_only_on_holidays_is_refused(app, cast, monkeypatch):
    with app.app_context():
        club = a_club(cast)
        known = due_of_body(club)
        # A calendar in which every Friday is a holiday.
        monkeypatch.setattr(calendar, "is_holiday", lambda day: day.weekday() == 4)
        with pytest.raises(RuleBroken) as refused:
            set_schedule(club, week=2, weekday=4, interval_months=1, by=SYSTEM, on=date(2026, 7, 1))
        assert refused.value.field == "weekday"
        assert str(refused.value.message) == (
            "Meetings of this schedule would fall on holidays only. Choose another day."
        )
        assert due_of_body(club) == known, "nothing is lost"
        assert calendar.after_holidays(date(2026, 7, 3)) is None


def due_of_body(club: Body) -> list[date | None]:
    query = select(Meeting.due_on).where(Meeting.body_id == club.id).order_by(Meeting.due_on)
    return list(db.session.scalars(query))


def test_a_window_is_the_provinces_on_the_day_a_meeting_is_made_due(app, cast, today):
    with app.app_context():
        before = a_club(cast)
        db.session.add(
            SettingValue(
                key=Setting.ON_TIME_DAYS,
                province_id=cast.units["province"],
                from_on=date(2026, 10, 1),
                value="3",
                source="test",
            )
        )
        db.session.flush()
        after = a_club(cast, name="CLB Mới")
        for club, status in ((before, MeetingStatus.ON_TIME), (after, MeetingStatus.LATE)):
            meeting = hold_meeting(club, date(2026, 8, 8), by=SYSTEM)
            assert meeting.status(TODAY) is status
        assert hold_meeting(after, date(2026, 8, 31), by=SYSTEM).due_on is None, "too early"


def test_figures_of_each_circle_are_those_counted_by_hand(app, cast, today):
    with app.app_context():
        club, group = a_club(cast), a_group(cast)
        a_club(cast, "b", "CLB Bần Xanh")
        for day in (date(2026, 1, 5), date(2026, 2, 12), date(2026, 6, 1), date(2026, 9, 7)):
            hold_meeting(club, day, by=SYSTEM)
        db.session.flush()
        meetings = db.session.scalars(select(Meeting).where(Meeting.body_id == club.id))
        march = next(meeting for meeting in meetings if meeting.due_on == date(2026, 3, 2))
        excuse(march, "Mưa", by=SYSTEM)
        db.session.flush()
        unit_ids = [cast.units["a"]]
        first, second = on_schedule_by_circle(unit_ids, date(2025, 10, 15), TODAY)
        assert (first.name, second.name) == (club.name, group.name)
        told = first.on_schedule
        # Due until October: ten. March excused, October still open (ten days late is no miss yet
        # would be wrong: its window of seven days has passed).
        assert (told.on_time, told.due, told.excused, told.still_open) == (3, 9, 1, 0)
        assert (first.held, first.missing_minutes) == (4, 4)
        # From February over the excused one of March to June it is 91 at most.
        assert first.longest_gap == (date(2026, 9, 7) - date(2026, 6, 1)).days == 98
        assert (first.interval_months, first.allowed_gap(150)) == (1, 45)
        assert second.missing_minutes == 0, "its sessions are kept elsewhere"
        assert second.longest_gap == (TODAY - date(2026, 1, 1)).days, "it never met"
        counted = count_by_month(unit_ids, 2026)
        assert counted.bodies == (1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0)
        assert counted.groups == (0,) * 12
        assert [of.name for of in list_circles(unit_ids, TODAY)] == [club.name, group.name]
        assert list_circles(unit_ids, date(2025, 12, 31)) == []


@given(
    held=st.lists(st.integers(-10, 110), max_size=12),
    length=st.integers(0, 100),
)
def test_the_longest_gap_is_that_of_walking_the_days(held, length):
    first = date(2026, 1, 1)
    last = first + timedelta(days=length)
    days = {first + timedelta(days=number) for number in held}
    longest = since = 0
    day = first
    while day < last:
        day += timedelta(days=1)
        since += 1
        longest = max(longest, since)
        if day in days:
            since = 0
    assert longest_gap(days, first, last) == longest


@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 60)),
            st.one_of(st.none(), st.integers(0, 60)),
            st.booleans(),
            st.integers(0, 10),
        )
    ),
    today_is=st.integers(0, 80),
)
def test_statuses_add_up_to_what_a_person_would_tick(rows, today_is):
    start = date(2026, 1, 1)

    def on(number):
        return None if number is None else start + timedelta(days=number)

    meetings = [
        Meeting(due_on=on(due), held_on=on(held), excuse="mưa" if excused else None,
                window_days=window)
        for due, held, excused, window in rows
    ]  # fmt: skip
    ticks = {"on_time": 0, "due": 0, "excused": 0, "open": 0}
    for due, held, excused, window in rows:
        if due is None:
            continue
        if held is not None:
            ticks["due"] += 1
            ticks["on_time"] += held in range(due - window, due + window + 1)
        elif excused:
            ticks["excused"] += 1
        elif today_is in range(due + window + 1, 1000):
            ticks["due"] += 1
        else:
            ticks["open"] += 1
    counted = count_on_schedule(meetings, start + timedelta(days=today_is))
    assert (counted.on_time, counted.due) == (ticks["on_time"], ticks["due"])
    assert (counted.excused, counted.still_open) == (ticks["excused"], ticks["open"])


def test_the_page_says_how_the_last_twelve_months_went(client_as, club):
    visitor = client_as("unithead")
    log(visitor, club)
    page = visitor.get("/meetings")
    assert "1/10 meetings on schedule" in page.words
    assert "277 days" in page.words and "more than 45 days" in page.words
    page = visitor.get(f"/meetings?month=2026-10&circle={club}")
    assert page.status == 200 and "CLB Hướng Dương" in page.words
    assert visitor.get("/meetings?circle=x&unit=y").status == 404


def test_the_same_day_a_year_before_is_not_within_twelve_months(app, cast, client_as, club):
    with app.app_context():
        for day in (date(2025, 10, 15), date(2025, 10, 16)):
            row = Meeting(unit_id=cast.units["a"], body_id=club, due_on=day, held_on=day)
            db.session.add(row)
        db.session.commit()
    visitor = client_as("unithead")
    page = visitor.get("/meetings")
    # Ten due in 2026 and one a year ago tomorrow.
    assert "1/11 meetings on schedule" in page.words and "From 16/10/2025" in page.words
    assert "Minutes missing: 1" in page.words
    assert "1/11 meetings" in visitor.get("/overview/people").words


def sheet_of(*rows):
    return (BytesIO(write_sheet("meetings", ALL_COLUMNS, rows)), "meetings.xlsx")


def send(visitor, *rows, dry_run=None):
    return visitor.submit(
        "/meetings/import", "/meetings/import", sheet=sheet_of(*rows), dry_run=dry_run
    )


def held_days(circle_id):
    query = select(Meeting.held_on).where(Meeting.held_on.is_not(None))
    return sorted(db.session.scalars(query.where(Meeting.body_id == circle_id)))


def test_meetings_come_in_from_a_sheet(app, client_as, club):
    visitor = client_as("volunteer")
    rows = [
        ("clb huong duong", date(2026, 8, 3), 10, "Họp", "Không"),
        ("CLB Hướng Dương", "07/09/2026", "", "", ""),
        ("CLB Hướng Dương", date(2026, 9, 20), 5, "Họp thêm", "", "x"),
    ]
    page = send(visitor, *rows, dry_run="y")
    assert page.status == 200 and "All rows are good. Nothing is written yet" in page.words
    assert "an extra meeting" in page.words
    with app.app_context():
        assert held_days(club) == []
    assert send(visitor, *rows).status == 303
    with app.app_context():
        assert held_days(club) == [date(2026, 8, 3), date(2026, 9, 7), date(2026, 9, 20)]
        told = db.session.scalars(select(Minutes).order_by(Minutes.present)).all()
        assert [(each.present, each.content) for each in told] == [(5, "Họp thêm"), (10, "Họp")]
    again = send(visitor, *rows)
    assert again.status == 422 and "already logged" in again.words


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (("Không có", date(2026, 9, 7), 5, "x", ""), "body_or_group", "No body or open group"),
        (("CLB Hướng Dương", "mai", 5, "x", ""), "held_on", "Not a date."),
        (("CLB Hướng Dương", "01/01/0001", 5, "x", ""), "held_on", "too long ago"),
        (("CLB Hướng Dương", "31/12/9999", 5, "x", ""), "held_on", "has not come yet"),
        (("CLB Hướng Dương", date(2026, 9, 7), "nhiều", "x", ""), "present", "A number from 1"),
        (("CLB Hướng Dương", date(2026, 9, 7), 5, "", ""), "content", "Minutes need"),
        (("CLB Hướng Dương", date(2026, 8, 3), 5, "x", ""), "held_on", "already logged"),
        (("CLB Hướng Dương", date(2026, 9, 28), 5, "x", ""), "x", ""),
        (("CLB Hướng Dương", date(2026, 8, 26), 5, "x", ""), "held_on", "due on 07/09/2026"),
        (("CLB Hướng Dương", date(2026, 9, 7), 5, "=1+1", ""), "content", "A formula"),
    ],
)
def test_a_sheet_with_a_fault_writes_nothing(app, client_as, club, row, column, reason):
    good = ("CLB Hướng Dương", date(2026, 8, 3), 10, "Họp", "")
    page = send(client_as("volunteer"), good, row)
    if not reason:
        assert page.status == 303
        return
    assert page.status == 422 and reason in page.words
    cells = [cell for cell in page.all("td") if cell.get("data-label") == "Column"]
    assert [cell.text for cell in cells] == [column]
    assert [cell.text.strip() for cell in page.all("th", scope="row")] == ["3"]
    with app.app_context():
        assert held_days(club) == []


def test_no_sheet_or_another_file_is_refused(client_as, club):
    visitor = client_as("volunteer")
    for sent in ((BytesIO(b""), ""), (BytesIO(b"%PDF-1.7"), "x.pdf"), (BytesIO(b"a,b\n"), "x.csv")):
        page = visitor.submit("/meetings/import", "/meetings/import", sheet=sent)
        assert page.status == 422
    page = visitor.submit("/meetings/import", "/meetings/import", sheet="a text, no file")
    assert page.status == 422 and "Choose a file." in page.words


def test_the_template_and_the_year_go_out(client_as, club):
    visitor = client_as("unithead")
    log(visitor, club)
    template = load_workbook(BytesIO(visitor.client.get("/meetings/template").data)).active
    assert [cell.value for cell in template[1]] == list(ALL_COLUMNS)
    sheet = load_workbook(BytesIO(visitor.client.get("/meetings/export?year=2026").data)).active
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert len(lines) == 12
    assert lines[9][0] == "CLB Hướng Dương" and lines[9][5:7] == [12, "yes"]
    assert lines[8][4] == "not held" and lines[10][4] == "due"
    for year in ("x", "02099999999", "99999999999999999999", ""):
        assert visitor.client.get(f"/meetings/export?year={year}").status_code == 200
    assert client_as("inspector").get("/meetings/export").status == 403


def test_days_without_a_unit_or_a_body_say_what_to_do(client_as, today):
    page = client_as("volunteer").get("/meetings/log")
    assert "No body and no open group to log for" in page.words
    assert "No body and no group yet" in client_as("volunteer").get("/meetings").words


def test_nothing_is_due_of_a_club_after_it_was_dissolved(app, cast, client_as, club):
    with app.app_context():
        db.session.get_one(Body, club).active_until = date(2026, 9, 30)
        db.session.commit()
        figures = on_schedule_by_circle([cast.units["a"]], date(2026, 1, 1), date(2026, 12, 31))
        assert figures[0].on_schedule.due == 9
        assert figures[0].longest_gap == (date(2026, 9, 30) - date(2026, 1, 1)).days
    visitor = client_as("unithead")
    assert "No meetings in this month" in visitor.get("/meetings?month=2026-10").words
    page = log(visitor, club)
    assert page.status == 422 and "This body or group ended on 30/09/2026." in page.words
