"""Records of the organisation to count, written straight into the database; and many at random."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from casework.confidential.consent.models import Consent
from casework.confidential.referrals.models import Referral
from casework.confidential.services.models import Service
from casework.core.database import db
from casework.inspection.inspections.models import Inspection, InspectionPlan
from casework.inspection.recommendations.models import Recommendation, RecommendationStep
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.bodies.models import Body, Decision, Group
from casework.organisation.budgets.models import BudgetLine, Movement
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.meetings.models import Meeting, Minutes, Schedule
from casework.organisation.members.models import LEADING, BodyKind, Member, Post
from casework.organisation.partners.models import JointActivity, JointPartner, Partner
from casework.organisation.plans.models import YearlyPlan
from casework.organisation.regulations.models import Regulation
from casework.organisation.remuneration.models import Payment
from casework.organisation.reports.models import ReportPeriod, UnitReport
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.units.models import Hamlet, Succession, Unit
from tests.anonymisation.records import WRITER, add_case

LONG_AGO = date(2025, 7, 1)
SOURCES = ("state_budget", "programme", "social_mobilisation")


def keep(row):
    """Write a row and hand its id back."""
    row.id = row.id or uuid4()
    db.session.add(row)
    db.session.flush()
    return row.id


def add_body(unit: UUID, kind: str = "club", since: date = LONG_AGO, until: date | None = None):
    """A body with the decision that set it up."""
    body = keep(
        Body(id=uuid4(), unit_id=unit, kind=kind, name="CLB", active_from=since, active_until=until)
    )
    decide(body, unit, since)
    return body


def decide(body: UUID, unit: UUID, on: date, kind: str = "establishment"):
    """A decision about a body."""
    keep(
        Decision(
            id=uuid4(),
            body_id=body,
            unit_id=unit,
            kind=kind,
            number="1/QĐ",
            signed_on=on,
            effective_on=on,
            signed_by="UBND",
        )
    )
    db.session.get_one(Body, body).unit_id = unit


def add_group(unit: UUID, body: UUID | None, kind: str, until: date | None = None):
    """A group, of a body or of none."""
    return keep(
        Group(
            id=uuid4(),
            unit_id=unit,
            body_id=body,
            kind=kind,
            name="Nhóm",
            active_from=LONG_AGO,
            active_until=until,
        )
    )


def add_regulation(body: UUID, since: date, until: date | None = None):
    """A regulation of a body."""
    keep(
        Regulation(
            id=uuid4(),
            body_id=body,
            number="1",
            signed_on=since,
            valid_from=since,
            valid_until=until,
        )
    )


def add_schedule(interval: int = 1, since: date = LONG_AGO, **circle: UUID):
    """A schedule: body_id=… or group_id=…"""
    keep(Schedule(id=uuid4(), from_on=since, interval_months=interval, week=1, weekday=0, **circle))


def add_meeting(
    unit: UUID,
    due: date | None,
    held: date | None = None,
    *,
    excuse: str | None = None,
    minuted: bool = False,
    **circle: UUID,
):
    """A meeting of body_id=… or group_id=…, due or held or both."""
    meeting = keep(
        Meeting(
            id=uuid4(),
            unit_id=unit,
            due_on=due,
            held_on=held,
            excuse=excuse,
            window_days=7,
            **circle,
        )
    )
    if minuted:
        keep(Minutes(id=uuid4(), meeting_id=meeting, unit_id=unit, present=9, content="x"))
    return meeting


def add_member(unit: UUID, account: UUID | None = None):
    """Somebody who works here."""
    return keep(Member(id=uuid4(), unit_id=unit, name="Ai Đó", account_id=account))


def add_post(
    member: UUID,
    body: UUID,
    role: str,
    since: date = LONG_AGO,
    until: date | None = None,
    group: UUID | None = None,
):
    """A post of a member."""
    keep(
        Post(
            id=uuid4(),
            member_id=member,
            body_id=body,
            group_id=group,
            role=role,
            from_on=since,
            until_on=until,
        )
    )


def add_staff(unit: UUID, body: UUID, kind: str, others: int):
    """Everybody in a leading post, and others."""
    members = []
    for role in (*LEADING[BodyKind(kind)], *["counselor"] * others):
        members.append(add_member(unit))
        add_post(members[-1], body, role)
    return members


def train(unit: UUID, member: UUID, until: date, skill: str = "counselling"):
    """A course that a member took part in."""
    course = keep(
        Training(id=uuid4(), unit_id=unit, title="x", from_on=until, until_on=until, days=1)
    )
    keep(TrainingSkill(id=uuid4(), training_id=course, skill=skill))
    keep(TrainingPlace(id=uuid4(), training_id=course, member_id=member))


def add_hamlet(unit: UUID, since: date = LONG_AGO, until: date | None = None):
    """A hamlet of a unit."""
    return keep(
        Hamlet(id=uuid4(), unit_id=unit, name="Khóm", active_from=since, active_until=until)
    )


def communicate(unit: UUID, on: date, attendances: int, hamlets: list[UUID] | None = None):
    """A communication session that reached hamlets."""
    session = keep(
        CommunicationSession(
            id=uuid4(), unit_id=unit, held_on=on, form="talk", topic="x", attendances=attendances
        )
    )
    for hamlet in hamlets or []:
        keep(CoveredHamlet(id=uuid4(), session_id=session, hamlet_id=hamlet))


def add_line(
    unit: UUID, body: UUID, due: date, estimate: int = 10_000_000, source: str = "programme"
):
    """A budget line of the year it is due in."""
    return keep(
        BudgetLine(
            id=uuid4(),
            unit_id=unit,
            body_id=body,
            year=due.year,
            funding_source=source,
            purpose="activity",
            title="x",
            estimate_amount=estimate,
            due_on=due,
        )
    )


def move(unit: UUID, line: UUID, kind: str, on: date, amount: int, *, approved: bool = True):
    """Money of a line moves."""
    return keep(
        Movement(
            id=uuid4(),
            line_id=line,
            unit_id=unit,
            kind=kind,
            on=on,
            amount=amount,
            approved_at=datetime(2026, 1, 1, tzinfo=UTC) if approved else None,
        )
    )


def take_back(movement: UUID, on: date):
    """A movement is taken back."""
    row = db.session.get_one(Movement, movement)
    keep(
        Movement(
            id=uuid4(),
            line_id=row.line_id,
            unit_id=row.unit_id,
            kind=row.kind,
            on=on,
            amount=-row.amount,
            corrects_id=movement,
        )
    )


def pay(unit: UUID, body: UUID, member: UUID, month: date, amount: int, on: date):
    """A member's month is paid."""
    keep(
        Payment(
            id=uuid4(),
            unit_id=unit,
            body_id=body,
            member_id=member,
            month=month,
            amount=amount,
            paid_on=on,
            voucher=uuid4().hex,
        )
    )


def ask_report(province: UUID, until: date, due: date):
    """A province wants something reported."""
    return keep(
        ReportPeriod(
            id=uuid4(),
            province_id=province,
            name=uuid4().hex,
            from_on=until.replace(day=1),
            until_on=until,
            due_on=due,
        )
    )


def report(unit: UUID, period: UUID, on: date):
    """A unit hands a report in."""
    moment = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    keep(UnitReport(id=uuid4(), unit_id=unit, period_id=period, submitted_at=moment))


def add_partner(unit: UUID):
    """A partner of a unit."""
    return keep(
        Partner(id=uuid4(), unit_id=unit, kind="health_station", name="x", active_from=LONG_AGO)
    )


def meet_partner(unit: UUID, partner: UUID, on: date):
    """Something is done together."""
    activity = keep(JointActivity(id=uuid4(), unit_id=unit, held_on=on, topic="x"))
    keep(JointPartner(id=uuid4(), activity_id=activity, partner_id=partner))


def add_plan(unit: UUID, year: int):
    """A plan of a year."""
    keep(YearlyPlan(id=uuid4(), unit_id=unit, year=year))


def review(unit: UUID, month: date):
    """The accounts of a unit are looked through."""
    keep(AccessReview(id=uuid4(), unit_id=unit, month=month, kept=3, questioned=0))


def refer(unit: UUID, on: date, *, answered: bool, case: UUID | None = None):
    """Somebody is sent on to a partner."""
    case = case or add_case(unit, date(2026, 1, 5))
    consent = db.session.scalars(db.select(Consent).where(Consent.case_id == case)).first()
    keep(
        Referral(
            id=uuid4(),
            case_id=case,
            unit_id=unit,
            partner_id=add_partner(unit),
            consent_id=consent.id,
            area="job",
            sent_on=on,
            feedback_due_on=on,
            status="accepted" if answered else "sent",
            answered_on=on if answered else None,
            recorded_by=WRITER,
        )
    )


def support(
    unit: UUID,
    on: date,
    source: str = "charity",
    amount: int | None = 100_000,
    case: UUID | None = None,
    kind: str = "gift",
):
    """An item of support; without a case somebody else's each time."""
    keep(
        Service(
            id=uuid4(),
            case_id=case or add_case(unit, date(2026, 1, 5)),
            unit_id=unit,
            kind=kind,
            on=on,
            is_money=True,
            amount=amount,
            funding_source=source,
            recorded_by=WRITER,
        )
    )


def merge(earlier: UUID, later: UUID, on: date):
    """A unit is merged into another on a day."""
    unit = db.session.get_one(Unit, earlier)
    unit.valid_until = on - timedelta(days=1)
    keep(
        Succession(
            id=uuid4(),
            predecessor_id=earlier,
            successor_id=later,
            kind="merge",
            on=on,
            document="NQ",
        )
    )


def add_unit(province: UUID, code: str = "31999"):
    """Another unit of a province."""
    return keep(
        Unit(
            id=uuid4(),
            code=code,
            name="Hộ Phòng",
            kind="ward",
            valid_from=LONG_AGO,
            is_province=False,
            province_id=province,
            source="test",
        )
    )


MONTHS = tuple(date(2025 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(15))


def fill_work(province: UUID, units: list[UUID], seed: int) -> None:
    """A year and more of everything that units record, from July 2025 to September 2026."""
    random = Random(seed)
    periods = [ask_report(province, date(2026, m, 28), date(2026, m, 28)) for m in (3, 6, 9)]
    for unit in units:
        add_plan(unit, 2026)
        for period in periods:
            if random.random() < 0.7:
                report(unit, period, random.choice([date(2026, 3, 1), date(2026, 6, 29)]))
        _fill_activity(random, unit)
        for kind in ("club", "volunteer_team"):
            _fill_body(random, unit, kind)
        _fill_support(random, unit)
    db.session.flush()


def _some_day(random: Random, month: date) -> date:
    return month + timedelta(days=random.randrange(28))


def _fill_activity(random: Random, unit: UUID) -> None:
    hamlets = [add_hamlet(unit, random.choice([LONG_AGO, date(2026, 8, 1)])) for _ in range(4)]
    partners = [add_partner(unit), add_partner(unit)]
    for month in MONTHS:
        if random.random() < 0.7:
            communicate(unit, _some_day(random, month), random.randrange(80), hamlets[:2])
        if random.random() < 0.3:
            meet_partner(unit, random.choice(partners), _some_day(random, month))
        if random.random() < 0.6:
            review(unit, month)


def _fill_body(random: Random, unit: UUID, kind: str) -> None:
    body = add_body(unit, kind)
    add_schedule(random.choice([1, 2]), body_id=body)
    if random.random() < 0.7:
        add_regulation(body, date(2026, 2, 1), random.choice([None, date(2026, 8, 15)]))
    members = add_staff(unit, body, kind, random.randrange(1, 6))
    if random.random() < 0.5:
        leader = db.session.scalars(db.select(Post).where(Post.member_id == members[0])).one()
        leader.until_on = date(2026, 8, 10)
    for member in members[-2:]:
        train(unit, member, random.choice([date(2024, 8, 1), date(2026, 1, 1)]))
    for source in SOURCES[: random.randrange(1, 4)]:
        _fill_line(random, unit, body, source)
    if kind == "volunteer_team":
        for member in members[:2]:
            _fill_payments(random, unit, body, member)
    kinds = random.sample(("communication", "counselling", "self_help", "peer"), 2)
    _fill_meetings(random, unit, body_id=body)
    for group_kind in kinds:
        _fill_meetings(random, unit, group_id=add_group(unit, body, group_kind))


def _fill_meetings(random: Random, unit: UUID, **circle: UUID) -> None:
    for month in MONTHS:
        due = _some_day(random, month)
        held = random.choice([None, due, due + timedelta(days=7), due + timedelta(days=8)])
        excuse = random.choice([None, "bão"])
        minuted = held is not None and random.random() < 0.8
        add_meeting(unit, due, held, excuse=excuse, minuted=minuted, **circle)
        if random.random() < 0.1:
            add_meeting(unit, None, _some_day(random, month), **circle)


def _fill_line(random: Random, unit: UUID, body: UUID, source: str) -> None:
    due = random.choice([date(2026, 3, 31), date(2026, 12, 31)])
    line = add_line(unit, body, due, source=source)
    move(unit, line, "allotment", date(2026, 1, 15), 9_000_000)
    take_back(move(unit, line, "allotment", date(2026, 1, 16), 500_000), date(2026, 1, 20))
    move(unit, line, "advance", date(2026, 1, 20), 6_000_000)
    move(unit, line, "expense", date(2026, 2, 20), 6_000_000)
    on = random.choice([date(2026, 3, 30), date(2026, 5, 1)])
    amount, approved = random.choice([6_000_000, 4_000_000]), random.random() < 0.8
    move(unit, line, "settlement", on, amount, approved=approved)


def _fill_payments(random: Random, unit: UUID, body: UUID, member: UUID) -> None:
    for month in MONTHS:
        amount = random.choice([1_404_000, 1_170_000, 0])
        if amount:
            on = month + timedelta(days=random.choice([35, 35, 75]))
            pay(unit, body, member, month, amount, on)


def _fill_support(random: Random, unit: UUID) -> None:
    for _ in range(random.randrange(14, 40)):
        on = _some_day(random, random.choice(MONTHS[6:]))
        refer(unit, on, answered=random.random() < 0.7)
    someone = add_case(unit, date(2026, 1, 5))
    for _ in range(random.randrange(20, 50)):
        on = _some_day(random, random.choice(MONTHS[6:]))
        amount = random.choice([None, 200_000, 1_500_000])
        case, kind = random.choice([None, None, someone]), random.choice(["gift", "loan"])
        support(unit, on, random.choice(SOURCES), amount, case, kind)


def inspect(unit: UUID):
    """An inspection of a unit: call it with a due day and steps (kind, day, its own day)."""
    province = db.session.get_one(Unit, unit).province_id
    days = dict.fromkeys(("from_on", "until_on", "visits_from_on", "visits_until_on"), LONG_AGO)
    plan = keep(
        InspectionPlan(
            id=uuid4(),
            province_id=province,
            title="Kiểm tra",
            legal_basis="…",
            scope="chosen",
            status="approved",
            **days,
        )
    )
    inspection = keep(Inspection(id=uuid4(), plan_id=plan, unit_id=unit))

    def ask(due: date, *steps: tuple[str, date, date | None], in_force: date | None = LONG_AGO):
        asked = keep(
            Recommendation(
                id=uuid4(),
                inspection_id=inspection,
                unit_id=unit,
                position=1,
                text="…",
                responsible="…",
                due_on=due,
                first_due_on=due,
                in_force_on=in_force,
            )
        )
        for hour, (kind, day, on) in enumerate(steps):
            at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            keep(
                RecommendationStep(
                    id=uuid4(), recommendation_id=asked, kind=kind, on=on, by_name="…", at=at
                )
            )

    return ask
