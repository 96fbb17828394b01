"""Reading conferences, and all that their reports are put together from: a statement for each kind
of record, however many units and months.

The department reads every conference of its provinces; a unit reads those of its province once they
are closed, without money and without what is said of single units.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Select, String, func, literal, or_, select, union_all

from casework.authz.enforce import Access
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.inspection.conferences.models import BestPractice, ReviewConference
from casework.inspection.conferences.rules import (
    JUDGED,
    PERSON_MEASURES,
    Asked,
    Inspected,
    OfUnit,
    Practice,
    Printed,
    Report,
    Tally,
    Year,
    add_up,
    count_criteria,
    read,
    tell_persons,
)
from casework.inspection.findings.models import Cause, Finding, FindingKind, FindingStatus
from casework.inspection.inspections.models import Inspection, InspectionStatus
from casework.inspection.minutes.models import Minutes, MinutesSignature, Side
from casework.inspection.readmodel.models import (
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    Figure,
    Rating,
)
from casework.inspection.recommendations.models import (
    ASKED,
    Recommendation,
    RecommendationStatus,
)
from casework.organisation.units.models import Succession, Unit, UnitKind
from casework.organisation.units.queries import with_predecessors

USUAL_YEARS = 3


@dataclass(frozen=True, slots=True)
class Held:
    """A conference with its province. `is_department`: read by whoever reaches the province."""

    conference: ReviewConference
    province: Unit
    is_department: bool


def usual_phase(on: date) -> tuple[date, date]:
    """The last three years as far as they are over: until the end of the month before."""
    last = add_months(on.replace(day=1), -1)
    until_on = month_end(last.year, last.month)
    return date(until_on.year - USUAL_YEARS + 1, 1, 1), until_on


def list_conferences(access: Access) -> list[Held]:
    """The conferences an access reads, the newest first."""
    query = _readable(access).order_by(
        ReviewConference.until_on.desc(), ReviewConference.recorded_at.desc()
    )
    return [_held(access, row) for row in db.session.execute(query)]


def get_conference(access: Access, conference_id: UUID) -> Held:
    """A conference within reach. Raises OutOfReach."""
    query = _readable(access).where(ReviewConference.id == conference_id)
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return _held(access, row)


def _readable(access: Access) -> Select[ReviewConference, Unit]:
    query = select(ReviewConference, Unit).join(Unit, Unit.id == ReviewConference.province_id)
    if access.everywhere:
        return query
    own = select(Unit.province_id).where(Unit.id.in_(access.units))
    return query.where(
        or_(
            ReviewConference.province_id.in_(with_predecessors(access.provinces)),
            ReviewConference.closed_at.is_not(None) & ReviewConference.province_id.in_(own),
        )
    )


def _held(access: Access, row: Row[ReviewConference, Unit]) -> Held:
    conference, province = row
    return Held(conference, province, access.everywhere or province.id in access.provinces)


def list_practices(conference: ReviewConference) -> Sequence[Row[BestPractice, Unit]]:
    """The best practices of a conference with their units, in the order in which they were told."""
    query = (
        select(BestPractice, Unit)
        .join(Unit, Unit.id == BestPractice.unit_id)
        .where(BestPractice.conference_id == conference.id)
        .order_by(BestPractice.recorded_at, BestPractice.id)
    )
    return db.session.execute(query).all()


def get_practice(conference: ReviewConference, practice_id: UUID) -> BestPractice:
    """A best practice of this conference. Raises OutOfReach."""
    practice = db.session.get(BestPractice, practice_id)
    if practice is None or practice.conference_id != conference.id:
        raise OutOfReach
    return practice


def list_units_of(conference: ReviewConference) -> list[Unit]:
    """The units of a province at the end of a phase, by name."""
    return _read_territory(conference.province_id, conference.until_on).units


def read_report(held: Held) -> Report:
    """The report as frozen, or as records stand now; a unit reads it without money, without the
    table of units and without what inspectors wrote of one of them.
    """
    conference = held.conference
    report = read(conference.content) if conference.is_closed else put_together(held).report
    if held.is_department:
        return report
    return replace(
        report,
        lines=[line for line in report.lines if not line.is_money],
        of_units=[],
        inspected=replace(report.inspected, others=[], causes=[]),
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as records stand now, with the rows that whoever prepares it may change."""

    report: Report
    units: list[Unit]
    practices: Sequence[Row[BestPractice, Unit]]


def put_together(held: Held) -> Draft:
    """The report as records stand now."""
    conference, province = held.conference, held.province
    from_on, until_on = conference.from_on, conference.until_on
    territory = _read_territory(province.id, until_on)
    editions = _list_editions(territory.provinces, from_on, until_on)
    years = _years(editions)
    printed = _read_printed(territory.provinces, from_on, until_on)
    tallies = _read_tallies(editions, years)
    rounds = _read_rounds(territory, from_on, until_on)
    asked = _read_asked(territory, from_on, until_on)
    practices = list_practices(conference)
    report = Report(
        title=conference.title,
        province=province.label,
        place_name=province.name,
        written_by=conference.written_by,
        from_on=from_on.isoformat(),
        until_on=until_on.isoformat(),
        held_on=conference.held_on.isoformat() if conference.held_on else "",
        place=conference.place,
        situation=conference.situation,
        causes=conference.causes,
        lessons=conference.lessons,
        directions=conference.directions,
        tasks=conference.tasks,
        years=[year.year for year in years],
        ends=[year.end.isoformat() for year in years],
        months_published=len({edition.period for edition in editions}),
        months=_months(from_on, until_on),
        units=len(territory.units),
        lines=add_up(printed, years, from_on),
        persons=tell_persons(
            [row for row in printed if row.measure in PERSON_MEASURES], years, from_on
        ),
        criteria=count_criteria(tallies, years, rounds.found, rounds.praised),
        of_units=_tell_units(territory, editions, years, rounds, asked),
        inspected=rounds.told,
        asked=_count_asked(asked),
        practices=[Practice(unit.label, row.text) for row, unit in practices],
        published=[_months_of(year.year, editions) for year in years],
    )
    return Draft(report, territory.units, practices)


@dataclass(frozen=True, slots=True)
class _Territory:
    """A province at the end of a phase: its units by name, those each of them followed, and the
    provinces it was made of.
    """

    provinces: list[UUID]
    units: list[Unit]
    line_of: dict[UUID, list[Unit]]

    @property
    def ids(self) -> list[UUID]:
        """The ids of the units, and of all units that they followed."""
        earlier = {unit.id for line in self.line_of.values() for unit in line}
        return [*{unit.id for unit in self.units} | earlier]


def _read_territory(province_id: UUID, on: date) -> _Territory:
    """In one statement: units past and present, each with what it followed by then."""
    query = (
        select(Unit, Succession.predecessor_id)
        .outerjoin(Succession, (Succession.successor_id == Unit.id) & (Succession.on <= on))
        .where(Unit.province_id.in_(with_predecessors([province_id])))
    )
    units: dict[UUID, Unit] = {}
    before: dict[UUID, list[UUID]] = defaultdict(list)
    for unit, predecessor_id in db.session.execute(query):
        units[unit.id] = unit
        if predecessor_id:
            before[unit.id].append(predecessor_id)
    above = (UnitKind.CITY, UnitKind.DISTRICT)
    now = [
        unit
        for unit in units.values()
        if not unit.is_province and unit.kind not in above and _is_there(unit, on)
    ]
    return _Territory(
        [unit.id for unit in units.values() if unit.is_province],
        sorted(now, key=lambda unit: (words_key(unit.name), unit.code)),
        {unit.id: _line_of(unit.id, units, before) for unit in now},
    )


def _is_there(unit: Unit, on: date) -> bool:
    return unit.valid_from <= on and (unit.valid_until is None or unit.valid_until >= on)


def _line_of(
    unit_id: UUID, units: Mapping[UUID, Unit], before: Mapping[UUID, list[UUID]]
) -> list[Unit]:
    """The units that one followed, however long ago, each once."""
    found: dict[UUID, Unit] = {}
    waiting = list(before.get(unit_id, ()))
    while waiting:
        earlier = waiting.pop()
        if earlier not in found and earlier in units:
            found[earlier] = units[earlier]
            waiting += before.get(earlier, ())
    return sorted(found.values(), key=lambda unit: words_key(unit.name))


def _list_editions(
    provinces: Collection[UUID], from_on: date, until_on: date
) -> Sequence[Row[UUID, str, date]]:
    query = (
        select(Edition.id, Edition.period, Edition.until_on)
        .where(
            Edition.province_id.in_(provinces),
            Edition.from_on >= from_on,
            Edition.until_on <= until_on,
        )
        .order_by(Edition.period)
    )
    return db.session.execute(query).all()


def _years(editions: Sequence[Row[UUID, str, date]]) -> list[Year]:
    """The years of which anything is published, each with the last day of its newest month."""
    ends = {edition.until_on.year: edition.until_on for edition in editions}
    return [Year(year, end) for year, end in sorted(ends.items())]


def _months(from_on: date, until_on: date) -> int:
    """The whole months of a phase."""
    months = (until_on.year - from_on.year) * 12 + until_on.month - from_on.month + 1
    cut = (from_on.day > 1) + (until_on < month_end(until_on.year, until_on.month))
    return max(months - cut, 0)


def _read_printed(provinces: Collection[UUID], from_on: date, until_on: date) -> list[Printed]:
    """What editions print of the provinces themselves, of work and of persons."""
    work, told = ActivityFigure, Figure
    query = union_all(
        select(work.measure, work.kind, work.from_on, work.until_on, work.low, work.high).where(
            work.unit_id.in_(provinces), work.until_on.between(from_on, until_on)
        ),
        select(
            told.measure, literal("", String), told.from_on, told.until_on, told.low, told.high
        ).where(told.unit_id.in_(provinces), told.until_on.between(from_on, until_on)),
    )
    rows = db.session.execute(query, bind_arguments={"mapper": Edition}).all()
    return [Printed(*row) for row in rows]


def _months_of(year: int, editions: Sequence[Row[UUID, str, date]]) -> list[int]:
    """The months of a year of which anything is published."""
    return sorted({each.until_on.month for each in editions if each.until_on.year == year})


def _ending(editions: Sequence[Row[UUID, str, date]], ends: Collection[date]) -> dict[UUID, date]:
    """The editions of the last months of years."""
    return {edition.id: edition.until_on for edition in editions if edition.until_on in ends}


def _read_tallies(editions: Sequence[Row[UUID, str, date]], years: Sequence[Year]) -> list[Tally]:
    """How units were judged at the end of each year, in the order of the checklist."""
    ending = _ending(editions, [year.end for year in years])
    row = CriterionFigure
    query = (
        select(row.edition_id, row.code, func.max(row.text), row.rating, func.count())
        .where(row.edition_id.in_(ending))
        .group_by(row.edition_id, row.until_on, row.code, row.rating)
        .order_by(row.until_on, func.min(row.position))
    )
    return [
        Tally(ending[edition], code, text or "", rating, units)
        for edition, code, text, rating, units in db.session.execute(query)
    ]


@dataclass
class _Rounds:
    """What inspections of the phase found; by criterion and by unit as it is at the end."""

    told: Inspected
    found: dict[str, int]
    praised: dict[str, int]
    by_unit: Counter[UUID] = field(default_factory=Counter)


def _read_rounds(territory: _Territory, from_on: date, until_on: date) -> _Rounds:
    signatures = (
        select(func.count())
        .select_from(MinutesSignature)
        .join(Minutes, Minutes.id == MinutesSignature.minutes_id)
        .where(Minutes.inspection_id == Inspection.id, MinutesSignature.digest == Minutes.digest)
        .scalar_subquery()
    )
    query = (
        select(
            Inspection.id,
            Inspection.unit_id,
            signatures == len(Side),
            Finding,
        )
        .outerjoin(
            Finding,
            (Finding.inspection_id == Inspection.id) & (Finding.status == FindingStatus.ACCEPTED),
        )
        .where(
            Inspection.unit_id.in_(territory.ids),
            Inspection.visit_on.between(from_on, until_on),
            Inspection.status.not_in((InspectionStatus.PLANNED, InspectionStatus.SELF_REPORT)),
        )
        .order_by(Inspection.visit_on, Finding.position)
    )
    rows: Sequence[Any] = db.session.execute(query).all()  # a finding may be None
    visits = {visit: (unit, signed) for visit, unit, signed, _finding in rows}
    found: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    others: dict[str, set[UUID]] = defaultdict(set)
    causes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    texts: dict[str, None] = {}
    for _visit, unit, _signed, finding in rows:
        if finding is None:
            continue
        kinds[finding.kind] += 1
        if finding.code:
            found[finding.kind, finding.code].add(unit)
        elif finding.kind == FindingKind.SHORTCOMING:
            others[finding.text].add(unit)
        if finding.kind == FindingKind.SHORTCOMING and finding.cause:
            causes[finding.cause] += 1
        if finding.cause_text:
            texts[finding.cause_text] = None
    told = Inspected(
        visits=len(visits),
        units=len({unit for unit, _signed in visits.values()}),
        signed=sum(bool(signed) for _unit, signed in visits.values()),
        strengths=kinds[FindingKind.STRENGTH],
        shortcomings=kinds[FindingKind.SHORTCOMING],
        objective=causes[Cause.OBJECTIVE],
        subjective=causes[Cause.SUBJECTIVE],
        others=[(text, len(units)) for text, units in others.items()],
        causes=list(texts),
    )
    return _Rounds(
        told,
        _units_by_code(found, FindingKind.SHORTCOMING),
        _units_by_code(found, FindingKind.STRENGTH),
        Counter(unit for unit, _signed in visits.values()),
    )


def _units_by_code(
    found: Mapping[tuple[str, str], set[UUID]], wanted: FindingKind
) -> dict[str, int]:
    return {code: len(units) for (kind, code), units in found.items() if kind == wanted}


def _read_asked(
    territory: _Territory, from_on: date, until_on: date
) -> Sequence[Row[UUID, str, date, date | None]]:
    """The recommendations that came into force in the phase."""
    row = Recommendation
    query = select(row.unit_id, row.status, row.due_on, row.done_on).where(
        row.unit_id.in_(territory.ids), row.in_force_on.between(from_on, until_on)
    )
    return db.session.execute(query).all()


_DONE = (RecommendationStatus.DONE, RecommendationStatus.VERIFIED)


def _count_asked(rows: Sequence[Row[UUID, str, date, date | None]]) -> Asked:
    """What became of them by today. What the unit calls done counts by the day it says."""
    done = [row for row in rows if row.status in _DONE]
    late = [row for row in done if row.done_on and row.done_on > row.due_on]
    overdue = [row for row in rows if _is_overdue(row)]
    waived = sum(row.status == RecommendationStatus.WAIVED for row in rows)
    return Asked(
        given=len(rows),
        in_time=len(done) - len(late),
        late=len(late),
        overdue=len(overdue),
        waiting=len(rows) - len(done) - len(overdue) - waived,
        waived=waived,
    )


def _is_overdue(row: Row[UUID, str, date, date | None]) -> bool:
    return row.status in ASKED and row.due_on < today()


_OF_UNITS = (
    ActivityMeasure.MEETINGS_ON_TIME,
    ActivityMeasure.MEETINGS_DUE,
    ActivityMeasure.COMMUNICATION,
    ActivityMeasure.COMMUNICATION_ATTENDANCES,
)


def _tell_units(
    territory: _Territory,
    editions: Sequence[Row[UUID, str, date]],
    years: Sequence[Year],
    rounds: _Rounds,
    asked: Sequence[Row[UUID, str, date, date | None]],
) -> list[OfUnit]:
    """Every unit of the end with what those it followed had: months add up, ratings do not."""
    sums = _read_sums(territory, editions, years)
    given = Counter(each.unit_id for each in asked)
    overdue = Counter(each.unit_id for each in asked if _is_overdue(each))
    told = []
    for unit in territory.units:
        line = territory.line_of[unit.id]
        ids = [unit.id, *(each.id for each in line)]
        on_time, due, sessions, attendances = (
            sum(sums.get((each, measure), 0) for each in ids) for measure in _OF_UNITS
        )
        told.append(
            OfUnit(
                unit.label,
                [each.label for each in line],
                on_time,
                due,
                sessions,
                attendances,
                sums.get((unit.id, Rating.MET), 0),
                sum(sums.get((unit.id, rating), 0) for rating in JUDGED),
                sum(rounds.by_unit[each] for each in ids),
                sum(given[each] for each in ids),
                sum(overdue[each] for each in ids),
            )
        )
    return told


def _read_sums(
    territory: _Territory, editions: Sequence[Row[UUID, str, date]], years: Sequence[Year]
) -> dict[tuple[UUID, str], int]:
    """By unit: what months add up to, and how often each rating was given at the end."""
    work, judged = ActivityFigure, CriterionFigure
    last = _ending(editions, [year.end for year in years[-1:]])
    query: CompoundSelect[Any] = union_all(
        select(work.unit_id, work.measure, func.sum(work.low))
        .where(
            work.edition_id.in_([edition.id for edition in editions]),
            work.unit_id.in_(territory.ids),
            work.measure.in_(_OF_UNITS),
            work.kind == "",
        )
        .group_by(work.unit_id, work.measure),
        select(judged.unit_id, judged.rating, func.count())
        .where(judged.edition_id.in_(last))
        .group_by(judged.unit_id, judged.rating),
    )
    rows = db.session.execute(query, bind_arguments={"mapper": Edition})
    return {(unit, what): int(total or 0) for unit, what, total in rows}
