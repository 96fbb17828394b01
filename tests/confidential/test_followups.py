"""Today, the list of all that is due, and the calendar: derived, counted right, nobody named."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from casework.confidential.assessments.models import Assessment
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact
from casework.confidential.followups.calendar import MOST_OCTETS, write_calendar
from casework.confidential.followups.models import DueKind
from casework.confidential.plans.models import Plan, PlanAction, PlanGoal
from casework.confidential.referrals.models import Referral
from casework.confidential.reminders.models import Reminder
from casework.confidential.rights.models import RightsRequest
from casework.confidential.statutory.models import StatutoryStatus
from casework.confidential.transfers.models import Transfer
from casework.core.audit import AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.partners.models import Partner
from casework.organisation.settings.models import Setting, SettingValue
from tests.confidential.test_cases import open_case
from tests.confidential.test_groups import count, log, open_group
from tests.page import Page, Visitor

NOW = datetime(2026, 10, 15, tzinfo=UTC)
OPENED = date(2026, 10, 14)


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def counselor(client_as) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def case(counselor) -> str:
    return open_case(counselor, opened_on=OPENED.isoformat())


def ids(case: str, cast) -> dict[str, UUID]:
    return {"case_id": UUID(case[-36:]), "unit_id": cast.units["a"]}


def by(cast) -> UUID:
    return cast.accounts["counselor"]


def write(app, *rows: object) -> None:
    with app.app_context():
        for row in rows:
            db.session.add(row)
            db.session.flush()
        db.session.commit()


def due(page: Page) -> dict[str, tuple[int, int]]:
    """The kinds of a page with their counts and how many of them are overdue."""
    nav = page.one("nav", aria_label="What is due, by kind")
    found = {}
    for link in nav.iter("a"):
        words = re.sub(r"\s+", " ", "".join(link.itertext())).strip()
        label, _, counts = words.rpartition(": ")
        all_, *overdue = counts.split()
        found[label] = (int(all_), int(overdue[0]) if overdue else 0)
    found.pop("All", None)
    return found


def contact(case: str, cast, on: date, next_on: date | None = None) -> Contact:
    return Contact(
        id=uuid4(), **ids(case, cast), kind="home", on=on, next_on=next_on, recorded_by=by(cast)
    )


def set_case(app, case: str, **values: object) -> None:
    with app.app_context():
        db.session.execute(update(Case).where(Case.id == UUID(case[-36:])).values(**values))
        db.session.commit()


def test_a_new_case_is_not_due_yet(counselor, case):
    # A first contact and a first assessment are due in thirty days, which is more than a week.
    assert due(counselor.get("/")) == {}


@pytest.mark.parametrize(
    ("last", "next_on", "expected"),
    [
        (date(2026, 9, 1), None, {"contact again": (1, 1)}),
        (date(2026, 9, 20), None, {"contact again": (1, 0)}),
        (date(2026, 10, 1), None, {}),
        (date(2026, 9, 1), date(2026, 12, 1), {"contact again": (1, 1)}),
        (date(2026, 9, 20), date(2026, 10, 18), {"appointment": (1, 0)}),
        (date(2026, 9, 20), date(2026, 10, 10), {"appointment": (1, 1)}),
        (date(2026, 9, 20), date(2026, 10, 20), {"appointment": (1, 0)}),
    ],
)
def test_each_case_is_contacted_once(app, cast, counselor, case, last, next_on, expected):
    set_case(app, case, opened_on=date(2026, 8, 1), next_on=next_on)
    assessed = Assessment(id=uuid4(), **ids(case, cast), on=today(), recorded_by=by(cast))
    write(app, contact(case, cast, last, next_on), assessed)
    assert due(counselor.get("/")) == expected


def test_how_long_is_a_setting_of_the_province(app, cast, counselor, case):
    set_case(app, case, opened_on=date(2026, 9, 20))
    assert due(counselor.get("/")) == {"contact again": (1, 0), "needs assessment": (1, 0)}
    value = SettingValue(
        id=uuid4(), key=Setting.CONTACT_DAYS, province_id=cast.units["province"],
        from_on=date(2026, 1, 1), value="60", source="test",
    )  # fmt: skip
    write(app, value)
    assert due(counselor.get("/")) == {}


def test_an_assessment_is_repeated(app, cast, counselor, case):
    old = Assessment(id=uuid4(), **ids(case, cast), on=date(2026, 3, 1), recorded_by=by(cast))
    write(app, old)
    assert due(counselor.get("/")) == {"needs assessment": (1, 1)}
    new = Assessment(id=uuid4(), **ids(case, cast), on=today(), recorded_by=by(cast))
    write(app, new)
    assert due(counselor.get("/")) == {}


def test_a_paused_case_waits_for_neither(app, cast, counselor, case):
    set_case(app, case, opened_on=date(2026, 1, 1), status="paused")
    assert due(counselor.get("/")) == {}


def everything(case: str, cast, on: date) -> list[object]:
    """One thing of each kind that a case can have, all due on one day."""
    plan, goal, partner, consent = uuid4(), uuid4(), uuid4(), uuid4()
    here, case_id = ids(case, cast), UUID(case[-36:])
    return [
        Partner(
            id=partner, unit_id=cast.units["a"], kind="health_station", name="Trạm y tế",
            active_from=date(2025, 1, 1),
        ),
        Plan(id=plan, **here, number=1, agreed_on=OPENED, review_on=on, recorded_by=by(cast)),
        PlanGoal(id=goal, plan_id=plan, case_id=case_id, position=1, area="job"),
        PlanAction(
            id=uuid4(), plan_id=plan, goal_id=goal, case_id=case_id, responsible="person",
            due_on=on,
        ),
        Consent(
            id=consent, case_id=case_id, purpose=Purpose.REFERRAL, partner_id=partner,
            is_given=True, method="signed", on=OPENED, until_on=on, recorded_by=by(cast),
        ),
        Referral(
            id=uuid4(), **here, partner_id=partner, consent_id=consent, area="job",
            sent_on=OPENED, feedback_due_on=on, status="sent", recorded_by=by(cast),
        ),
        StatutoryStatus(
            id=uuid4(), case_id=case_id, kind="pr_voluntary", from_on=OPENED, until_on=on,
            recorded_by=by(cast),
        ),
        RightsRequest(
            id=uuid4(), **here, kind="see", received_on=OPENED, due_on=on, recorded_by=by(cast)
        ),
        Reminder(id=uuid4(), case_id=case_id, account_id=by(cast), due_on=on),
        Assignment(
            id=uuid4(), case_id=case_id, account_id=cast.accounts["counselor2"],
            from_on=OPENED, until_on=on + timedelta(days=1), assigned_by=by(cast), is_cover=True,
        ),
    ]  # fmt: skip


ALL_KINDS = {
    "plan review", "step of a plan", "referral without answer", "consent ends", "status ends",
    "the person's own request", "last day of standing in", "reminder",
}  # fmt: skip


def test_every_kind_follows_from_its_record(app, cast, client_as, counselor, case):
    write(app, *everything(case, cast, today() + timedelta(days=5)))
    assert due(counselor.get("/")) == dict.fromkeys(ALL_KINDS, (1, 0))
    for kind in DueKind:
        assert counselor.get(f"/due?kind={kind}").status == 200
    # Who stands in has the case too, but not somebody else's reminder.
    assert due(client_as("counselor2").get("/")) == dict.fromkeys(ALL_KINDS - {"reminder"}, (1, 0))
    assert due(client_as("counselor-b").get("/")) == {}


def test_standing_in_is_due_on_its_last_day(app, cast, counselor, case):
    *_others, cover = everything(case, cast, today())
    write(app, cover)
    assert due(counselor.get("/")) == {"last day of standing in": (1, 0)}
    assert f"{today():%d/%m/%Y}" in counselor.get("/due?kind=cover").words
    with app.app_context():
        db.session.execute(update(Assignment).where(Assignment.is_cover).values(until_on=today()))
        db.session.commit()
    assert due(counselor.get("/")) == {}


def test_what_is_answered_is_due_no_more(app, cast, counselor, case):
    write(app, *everything(case, cast, today()))
    with app.app_context():
        for change in (
            update(Plan).values(ended_on=today()),
            update(Referral).values(status="accepted", answered_on=today()),
            update(StatutoryStatus).values(ended_on=today()),
            update(RightsRequest).values(answered_on=today()),
            update(Reminder).values(dropped_on=today()),
            update(Assignment).where(Assignment.is_cover).values(until_on=OPENED),
        ):
            db.session.execute(change)
        db.session.commit()
    # An accepted referral still rests on its consent.
    assert due(counselor.get("/")) == {"consent ends": (1, 0)}
    with app.app_context():
        db.session.execute(update(Referral).values(status="completed"))
        db.session.commit()
    assert due(counselor.get("/")) == {}


def test_a_referral_that_was_taken_back_is_not_waited_for(app, cast, counselor, case):
    write(app, *everything(case, cast, today()))
    with app.app_context():
        db.session.execute(update(Referral).values(taken_back_at=NOW))
        db.session.commit()
    assert set(due(counselor.get("/"))) == ALL_KINDS - {"referral without answer", "consent ends"}


def test_only_the_latest_answer_of_the_record_counts(app, cast, counselor, case):
    def answer(on: date, until_on: date | None) -> Consent:
        return Consent(
            id=uuid4(), case_id=UUID(case[-36:]), purpose=Purpose.RECORD, is_given=True,
            method="signed", on=on, until_on=until_on, recorded_by=by(cast),
        )  # fmt: skip

    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        write(app, answer(OPENED, date(2026, 10, 1)))
        assert due(counselor.get("/")) == {"consent ends": (1, 1)}
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        write(app, answer(today(), date(2027, 10, 1)))
        assert due(counselor.get("/")) == {}


def test_a_closed_case_is_due_for_nothing(app, cast, counselor, case):
    write(app, *everything(case, cast, today()))
    set_case(app, case, closed_on=today(), status="closed")
    assert due(counselor.get("/")) == {}


def test_a_session_is_due_until_it_is_logged_excused_or_too_late(app, client_as, counselor):
    group = open_group(counselor)
    # Due on 5 October; September's meeting counts as not held after 21 days.
    assert due(counselor.get("/")) == {"group session": (1, 1)}
    page = counselor.get("/")
    assert f"{group}/sessions/new?on=2026-10-05" in page.text
    assert log(counselor, group, on="2026-10-05").status == 303
    assert due(counselor.get("/")) == {}
    with time_machine.travel(date(2026, 10, 30), tick=False):
        counselor = client_as("counselor")
        assert due(counselor.get("/")) == {"group session": (1, 0)}
        assert f"{group}/sessions/new" not in counselor.get("/").text
        address = f"{group}/year"
        span = {"from_on": "2026-11-01", "until_on": "2026-11-30", "excuse": "Mùa nước nổi"}
        assert counselor.submit(address, address, **span).status == 303
        assert due(counselor.get("/")) == {}


def test_a_coordinator_sees_codes_of_the_unit_and_what_is_offered(
    app, cast, client_as, counselor, case
):
    write(app, *everything(case, cast, today()))
    stranger = client_as("counselor-b")
    foreign = open_case(stranger, name="Người Của B")
    with app.app_context():
        reference = db.session.get_one(Case, UUID(case[-36:])).reference
        theirs = db.session.get_one(Case, UUID(foreign[-36:])).reference
        consent = db.session.scalars(
            select(Consent.id).where(Consent.case_id == UUID(foreign[-36:]))
        ).first()
    offer = Transfer(
        id=uuid4(), case_id=UUID(foreign[-36:]), from_unit_id=cast.units["b"],
        to_unit_id=cast.units["a"], consent_id=consent, status="offered",
        offered_by=cast.accounts["counselor-b"],
    )  # fmt: skip
    write(app, offer)
    page = client_as("coordinator").get("/")
    kinds = {*ALL_KINDS, "transfer waits for an answer"} - {"reminder"}
    assert set(due(page)) == kinds
    assert reference in page.words and theirs not in page.text
    for text in (page.text, client_as("coordinator").get("/due").text):
        assert "Đào Thị Ngọc Ánh" not in text and "Bé Ba" not in text
        assert "contacts/new" not in text
    assert "transfer waits" not in client_as("coordinator-b").get("/").words
    assert client_as("unithead").get("/").status == 303
    assert client_as("unithead").get("/due").status == 403
    assert client_as("unithead").get("/calendar.ics").status == 403


def test_a_cut_list_is_not_counted(app, cast, counselor):
    """60 cases, each due for contact and assessment; Today shows 25 lines and tells all."""
    for number in range(60):
        open_case(counselor, name=f"Người Thứ {number}", opened_on=OPENED.isoformat())
    with app.app_context():
        db.session.execute(update(Case).values(opened_on=date(2026, 9, 1)))
        db.session.commit()
        independent = db.session.scalar(
            select(db.func.count()).select_from(Case).where(Case.closed_on.is_(None))
        )
    page = counselor.get("/")
    assert due(page) == {"contact again": (60, 60), "needs assessment": (60, 60)}
    assert independent == 60 and "Due: 120" in page.words and "All that is due: 120" in page.words
    seen: list[str] = []
    address = "/due?kind=contact"
    while address:
        page = counselor.get(address)
        assert due(page)["contact again"] == (60, 60)
        seen += [
            a.get("href") or "" for a in page.all("a") if "contacts/new" in (a.get("href") or "")
        ]
        address = next((a.get("href") or "" for a in page.all("a") if a.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == 60


def test_names_shown_leave_a_row(app, counselor, case):
    before = count(app, AuditEntry, AuditEntry.action == "case.list")
    assert "Đào Thị Ngọc Ánh" in counselor.get("/").words
    assert count(app, AuditEntry, AuditEntry.action == "case.list") == before + 1


@pytest.mark.parametrize("query", ["kind=x", "kind=contact&after=x", "after=%00", "kind="])
def test_odd_addresses_do_no_harm(counselor, case, query):
    assert counselor.get(f"/due?{query}").status == 200


def unfolded(content: bytes) -> list[str]:
    assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= MOST_OCTETS
    return content.decode().replace("\r\n ", "").split("\r\n")[:-1]


def test_the_calendar_holds_codes_and_no_name(app, cast, client_as, counselor, case):
    write(app, *everything(case, cast, today() + timedelta(days=40)))
    open_group(counselor)
    with app.app_context():
        reference = db.session.get_one(Case, UUID(case[-36:])).reference
    answer = counselor.client.get("/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert "viec-den-han.ics" in answer.headers["Content-Disposition"]
    lines = unfolded(answer.data)
    # The session that is overdue stands today; the case's things on their own day.
    days = [line.split(":")[1] for line in lines if line.startswith("DTSTART")]
    assert days[0] == "20261015" and "20261124" in days
    assert f"DESCRIPTION:{reference}" in lines and "SUMMARY:8 things due" in lines
    text = answer.data.decode()
    for word in ("Đào", "Ánh", "Bé Ba", "Hoa Sen", "referral", "consent", "assessment"):
        assert word not in text
    assert count(app, AuditEntry, AuditEntry.action == "calendar.export") == 1
    # Loaded again, an event replaces itself.
    again = unfolded(client_as("counselor").client.get("/calendar.ics").data)
    assert [x for x in lines if x.startswith("UID")] == [x for x in again if x.startswith("UID")]


@given(
    title=st.text(max_size=200),
    codes=st.lists(st.text(max_size=60), max_size=30),
    days=st.lists(st.dates(date(2026, 1, 1), date(2030, 1, 1)), unique=True, max_size=4),
)
def test_any_text_makes_a_valid_calendar(title, codes, days):
    plain = title.replace("\r", "").replace("\x00", "")
    content = write_calendar(dict.fromkeys(days, (plain, codes)), owner=uuid4(), made_at=NOW)
    parts = content.split(b"\r\n")
    assert all(len(part) <= MOST_OCTETS for part in parts)
    for part in parts:
        part.decode()  # no letter is cut
    text = content.decode().replace("\r\n ", "")
    summaries = re.findall(r"^SUMMARY:(.*?)\r?$", text, re.MULTILINE) if "\r" not in plain else []
    assert text.count("BEGIN:VEVENT") >= len(days)
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert len(summaries) >= len(days)
