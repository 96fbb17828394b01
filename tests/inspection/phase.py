"""A phase of several years in a province: editions of every month with what they print, units that
were merged within it, and a round of inspections.
"""

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from casework.core.clock import month_end
from casework.core.database import db
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import Inspection, InspectionPlan
from casework.inspection.minutes.models import Minutes, MinutesSignature
from casework.inspection.readmodel.models import (
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    Figure,
    Measure,
    Span,
)
from casework.inspection.recommendations.models import Recommendation
from casework.organisation.units.models import Succession, Unit
from tests.inspection.editions import publish

A = ActivityMeasure
CODES = ("A1", "A2", "B1", "B2", "E2", "G1")
RATINGS = ("met", "met", "met", "partly", "not_met", "na", "no_data")


def add_unit(name: str, code: str, province: UUID, since: date, until: date | None = None) -> UUID:
    """A commune of a province."""
    unit = Unit(
        code=code, name=name, kind="commune", valid_from=since, valid_until=until,
        parent_id=province, province_id=province, is_province=False, source="test",
    )  # fmt: skip
    db.session.add(unit)
    db.session.flush()
    return unit.id


def merge(earlier: list[UUID], later: UUID, on: date) -> None:
    """Units that become one."""
    db.session.add_all(
        Succession(predecessor_id=one, successor_id=later, kind="merge", on=on, document="NQ 1")
        for one in earlier
    )


def publish_months(
    province: UUID, units: dict[UUID, tuple[date, date | None]], first: str, last: str
) -> None:
    """Editions of all months from one to another, each of the units that were there; numbers by a
    chance that is always the same.
    """
    chance = Random(7)
    year, month = int(first[:4]), int(first[5:])
    while f"{year}-{month:02}" <= last:
        edition = publish(province, f"{year}-{month:02}")
        here = [
            unit
            for unit, (since, until) in units.items()
            if since <= edition.from_on and (until is None or until >= edition.until_on)
        ]
        _print_work(edition, province, here, chance)
        _print_persons(edition, province, chance)
        _judge(edition, here, chance)
        year, month = year + month // 12, month % 12 + 1
    db.session.commit()


def _print_work(edition: Edition, province: UUID, here: list[UUID], chance: Random) -> None:
    rows = []
    totals: dict[tuple[str, str], int] = {}
    quarter_ends = edition.until_on.month % 3 == 0
    for unit in here:
        for measure in A:
            if measure.span is Span.QUARTER:
                continue
            value = chance.randrange(1, 9)
            totals[measure, ""] = totals.get((measure, ""), 0) + value
            rows.append(_work_row(edition, unit, "unit", measure, "", value, value))
    for (measure, kind), value in totals.items():
        rows.append(_work_row(edition, province, "province", A(measure), kind, value, value))
    if quarter_ends:
        for measure in (A.REFERRALS_SENT, A.REFERRALS_ANSWERED):
            low = chance.randrange(5, 40)
            high = low + chance.choice((0, 4, 8))
            rows.append(_work_row(edition, province, "province", measure, "", low, high))
        rows.append(_work_row(edition, province, "province", A.SUPPORT_ITEMS, "charity", 6, None))
        rows.append(_work_row(edition, province, "province", A.SUPPORT_ITEMS, "ngo", 0, 12))
    db.session.execute(insert(ActivityFigure), rows)


def _work_row(edition, unit, level, measure, kind, low, high) -> dict[str, object]:
    firsts = {
        Span.DAY: edition.until_on,
        Span.MONTH: edition.from_on,
        Span.QUARTER: _months_back(edition.from_on, 2),
        Span.YEAR: date(edition.from_on.year, 1, 1),
        Span.TWELVE_MONTHS: _months_back(edition.from_on, 11),
    }
    return {
        "id": uuid4(), "edition_id": edition.id, "unit_id": unit, "level": level,
        "measure": str(measure), "kind": kind, "from_on": firsts[measure.span],
        "until_on": edition.until_on, "shown": "exact" if low == high else "band",
        "low": low, "high": high, "on": None,
    }  # fmt: skip


def _print_persons(edition: Edition, province: UUID, chance: Random) -> None:
    rows = []
    for measure in (Measure.CONTACTS, Measure.SESSIONS_DUE, Measure.SESSIONS_HELD,
                    Measure.SESSIONS_ON_TIME, Measure.OPEN):  # fmt: skip
        low = chance.randrange(10, 90)
        high = low + 4 if measure is Measure.OPEN and edition.until_on.month == 12 else low
        rows.append(_person_row(edition, province, measure, edition.from_on, low, high))
    if edition.until_on.month % 3 == 0:
        first = _months_back(edition.from_on, 2)
        for measure in (Measure.NEW, Measure.CLOSED, Measure.SUPPORTED, Measure.ATTENDANCES):
            low = chance.randrange(5, 60)
            # Closed cases of one quarter are a range: they are not added up for that year.
            is_band = measure is Measure.CLOSED and edition.until_on.month == 6
            high = low + 4 if is_band else low
            rows.append(_person_row(edition, province, measure, first, low, high))
    db.session.execute(insert(Figure), rows)


def _person_row(edition, province, measure, from_on, low, high) -> dict[str, object]:
    return {
        "id": uuid4(), "edition_id": edition.id, "unit_id": province, "level": "province",
        "measure": str(measure), "unit_of_count": str(measure.unit_of_count), "from_on": from_on,
        "until_on": edition.until_on, "is_personal": measure.is_personal,
        "shown": "exact" if low == high else "band", "low": low, "high": high,
    }  # fmt: skip


def _judge(edition: Edition, here: list[UUID], chance: Random) -> None:
    set_id = UUID(int=1)
    rows = [
        {
            "id": uuid4(), "edition_id": edition.id, "unit_id": unit, "code": code,
            "position": position, "text": f"Tiêu chí {code}", "set_id": set_id, "set_number": 1,
            "met": None, "partly": None, "from_on": edition.from_on, "until_on": edition.until_on,
            "numerator": None, "denominator": None, "value": None, "unit_of_value": "sessions",
            "rating": "met" if code == "A1" else chance.choice(RATINGS),
        }
        for unit in here
        for position, code in enumerate(CODES)
    ]  # fmt: skip
    db.session.execute(insert(CriterionFigure), rows)


def inspect(province: UUID, units: list[UUID], on: date) -> list[UUID]:
    """A round over units on one day: each with minutes, findings and recommendations. The last one
    was planned and never visited.
    """
    plan = InspectionPlan(
        province_id=province, title="Kế hoạch kiểm tra", legal_basis="QĐ", from_on=on,
        until_on=on, visits_from_on=on, visits_until_on=on, scope="chosen", status="approved",
    )  # fmt: skip
    db.session.add(plan)
    db.session.flush()
    made = []
    at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
    for place, unit in enumerate(units):
        visited = place < len(units) - 1
        inspection = Inspection(
            plan_id=plan.id, unit_id=unit, visit_on=on, status="signed" if visited else "planned"
        )
        db.session.add(inspection)
        db.session.flush()
        made.append(inspection.id)
        minutes = Minutes(
            inspection_id=inspection.id, province_id=province, year=on.year, on=on, digest="ab"
        )
        db.session.add(minutes)
        db.session.flush()
        db.session.add_all(
            MinutesSignature(
                minutes_id=minutes.id, side=side, digest="ab", name="…", on=on, by_name="…", at=at
            )
            for side in ("team", "unit")[: 2 if place else 1]
        )
        for position, (kind, code, status, cause) in enumerate(
            (
                ("strength", "A1", "accepted", ""),
                ("shortcoming", "B1", "accepted", "subjective" if place else "objective"),
                ("shortcoming", "B2", "declined", ""),
                ("shortcoming", "", "accepted", ""),
                ("shortcoming", "E2", "proposed", ""),
            )
        ):
            db.session.add(
                Finding(
                    inspection_id=inspection.id, kind=kind, code=code, position=position,
                    text="Biển tên câu lạc bộ đã cũ", cause=cause, status=status,
                    cause_text="Thay đổi nhân sự" if cause == "objective" else "",
                )
            )  # fmt: skip
    db.session.flush()
    return made


def recommend(inspection: UUID, unit: UUID, in_force_on: date | None, *told: tuple) -> None:
    """Recommendations: (status, due on, done on)."""
    db.session.add_all(
        Recommendation(
            inspection_id=inspection, unit_id=unit, position=position, text="Kiện toàn",
            responsible="Chủ nhiệm", status=status, due_on=due_on, first_due_on=due_on,
            done_on=done_on, in_force_on=in_force_on,
        )
        for position, (status, due_on, done_on) in enumerate(told)
    )  # fmt: skip


def count(bind: str, statement: str, **values: object) -> list[tuple]:
    """Plain SQL, on either database; tables are named with their schema."""
    engine = db.engines[None if bind == "working" else "inspection"]
    if engine.dialect.name == "sqlite":
        for schema in ("inspection.", "rounds.", "organisation."):
            statement = statement.replace(schema, "")
        values = {
            name: value.hex if isinstance(value, UUID) else value for name, value in values.items()
        }
    rows = db.session.execute(text(statement), values, bind_arguments={"bind": engine})
    return [tuple(row) for row in rows]


def _months_back(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 - months
    return month_end(number // 12, number % 12 + 1).replace(day=1)
