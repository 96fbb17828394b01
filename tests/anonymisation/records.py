"""Records to count: cases, contacts, sessions, written straight into the database."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from casework.confidential.cases.models import Case, Episode
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact
from casework.confidential.groups.models import Attendance, GroupMember, GroupSession
from casework.confidential.services.models import Service
from casework.core.database import db
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import Meeting

WRITER = uuid4()
RECORDED = datetime(2026, 1, 1, tzinfo=UTC)


def add_case(
    unit: UUID,
    opened: date,
    closed: date | None = None,
    answers: tuple[bool, ...] = (True,),
    birth_year: int | None = None,
) -> UUID:
    """A case with the person's answers to being counted, first to last, forty days apart."""
    case = Case(
        id=uuid4(),
        reference=uuid4().hex[:7],
        unit_id=unit,
        target_group="A",
        sex="female",
        birth_year=birth_year,
        source="self",
        status="closed" if closed else "active",
        opened_on=opened,
        closed_on=closed,
    )
    db.session.add(case)
    db.session.flush()
    db.session.add(Episode(case_id=case.id, unit_id=unit, opened_on=opened, closed_on=closed))
    for number, is_given in enumerate(answers):
        db.session.add(
            Consent(
                case_id=case.id,
                purpose=Purpose.ANONYMOUS_STATISTICS,
                is_given=is_given,
                method="signed",
                on=opened + timedelta(days=40 * number),
                recorded_by=WRITER,
                recorded_at=RECORDED + timedelta(days=number),
            )
        )
    # Answers to other purposes count nothing.
    db.session.add(
        Consent(
            case_id=case.id,
            purpose=Purpose.RECORD,
            is_given=True,
            method="signed",
            on=opened,
            recorded_by=WRITER,
            recorded_at=RECORDED - timedelta(days=9),
        )
    )
    return case.id


def add_contact(case: UUID, unit: UUID, on: date) -> None:
    """A contact with somebody."""
    contact = Contact(case_id=case, unit_id=unit, kind="office", on=on, recorded_by=WRITER)
    db.session.add(contact)


def add_service(case: UUID, unit: UUID, on: date, kind: str = "gift") -> None:
    """Something given to somebody."""
    service = Service(
        case_id=case, unit_id=unit, kind=kind, on=on, is_money=False, funding_source="charity",
        recorded_by=WRITER,
    )  # fmt: skip
    db.session.add(service)


def add_group(unit: UUID, kind: str = "self_help") -> UUID:
    """A group that has met since 2025."""
    group = Group(id=uuid4(), unit_id=unit, kind=kind, name="Hoa Sen", active_from=date(2025, 7, 1))
    db.session.add(group)
    db.session.flush()
    return group.id


def add_meeting(
    unit: UUID, group: UUID, due: date | None, held: date | None = None, excuse: str | None = None
) -> UUID:
    """A meeting, due or held or both."""
    meeting = Meeting(
        id=uuid4(), unit_id=unit, group_id=group, due_on=due, held_on=held, excuse=excuse
    )
    db.session.add(meeting)
    db.session.flush()
    return meeting.id


def add_session(
    unit: UUID, group: UUID, on: date, present: int, absent: int = 0, visitors: int = 0
) -> None:
    """A session held on the day it was due, with so many members present."""
    meeting = add_meeting(unit, group, on, on)
    session = GroupSession(
        id=uuid4(),
        group_id=group,
        unit_id=unit,
        meeting_id=meeting,
        held_on=on,
        visitors=visitors,
        recorded_by=WRITER,
    )
    db.session.add(session)
    db.session.flush()
    for number in range(present + absent):
        attend(session.id, group, was_present=number < present)


def attend(session: UUID, group: UUID, *, was_present: bool, case: UUID | None = None) -> None:
    """A member on the roster of a session."""
    member = GroupMember(id=uuid4(), group_id=group, case_id=case, joined_on=date(2025, 7, 1))
    db.session.add(member)
    db.session.flush()
    db.session.add(Attendance(session_id=session, member_id=member.id, was_present=was_present))


def fill(
    units: list[UUID],
    seed: int,
    first: date,
    days: int,
    cases: int = 14,
    *,
    services: bool = False,
) -> None:
    """A few dozen cases with contacts and sessions over some months, and items of support."""
    random = Random(seed)

    def day(begin: int = 0) -> date:
        return first + timedelta(days=random.randrange(begin, days))

    for unit in units:
        for _ in range(cases):
            opened = day(-200) if random.random() < 0.6 else day()
            ended = max(opened, first) + timedelta(days=random.randrange(10, 150))
            closed = ended if random.random() < 0.5 and ended < first + timedelta(days) else None
            answers = random.choice(
                [(True,), (True,), (True,), (True,), (True, False), (False, True), (False,), ()]
            )
            case = add_case(unit, opened, closed, answers, random.choice([None, 1990, 2010]))
            for _ in range(random.randrange(6)):
                begin, end = max(opened, first), closed or first + timedelta(days=days - 1)
                span = (end - begin).days
                if span >= 0:
                    on = begin + timedelta(days=random.randrange(span + 1))
                    if services and random.random() < 0.3:
                        add_service(case, unit, on, random.choice(["gift", "job", "loan"]))
                    else:
                        add_contact(case, unit, on)
        group, other = add_group(unit), add_group(unit, "communication")
        for week in range(0, days, 30):
            on = first + timedelta(days=week + random.randrange(25))
            present = random.randrange(6)
            add_session(unit, group, on, present, absent=2, visitors=random.randrange(3))
            held = on + timedelta(days=random.choice([0, 3, 7, 8, 20]))
            add_meeting(unit, other, on, random.choice([held, None]))
            add_meeting(unit, other, on + timedelta(days=1), excuse=random.choice(["storm", ""]))
            add_meeting(unit, other, None, on + timedelta(days=2))
