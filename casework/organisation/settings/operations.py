"""Changing what holds: a new row from a day on. What held before stays, and stays readable.

A row of the same day replaces one only as a correction, which keeps what it said; a row whose day
has not come may be taken back. Every row carries its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, delete, func, select

from casework.core import audit
from casework.core.audit import SYSTEM, Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.sheets import SheetRow, day_of, read_sheet
from casework.organisation.history.operations import keep_revision
from casework.organisation.settings.models import (
    BOUNDS,
    NOT_ABOVE,
    Agency,
    BaseSalary,
    Coefficient,
    CriteriaSet,
    Criterion,
    PaidRole,
    PartMonth,
    Sector,
    Setting,
    SettingValue,
)
from casework.organisation.settings.queries import list_criteria, settings_on

DATA = Path(__file__).parent / "data"
ONE_DAY = timedelta(days=1)
LARGEST_COEFFICIENT = 5000
R = TypeVar("R", SettingValue, BaseSalary, Coefficient)


@dataclass(frozen=True, slots=True)
class Change:
    """From which day something holds, by which source, and who says so."""

    from_on: date
    source: str
    by: Actor
    corrects: bool = False


def set_threshold(
    setting: Setting, value: str, province_id: UUID | None, change: Change
) -> SettingValue:
    """A setting of a province or of the country from a day on.

    A number lies within its bounds; a choice is one of its codes. Raises RuleBroken.
    """
    _check_value(setting, value)
    _check_pairs(setting, value, province_id, change.from_on)
    row = _same_day(
        select(SettingValue).where(
            SettingValue.key == setting,
            SettingValue.province_id.is_not_distinct_from(province_id),
            SettingValue.from_on == change.from_on,
        ),
        change,
    )
    if row is None:
        row = SettingValue(key=str(setting), province_id=province_id, from_on=change.from_on)
    row.value = value
    _keep(row, "setting", change, province_id)
    return row


def set_base_salary(amount: int, change: Change) -> BaseSalary:
    """The base salary in đồng a month from a day on. Raises RuleBroken."""
    row = _same_day(select(BaseSalary).where(BaseSalary.from_on == change.from_on), change)
    if row is None:
        row = BaseSalary(from_on=change.from_on)
    row.amount = amount
    _keep(row, "base_salary", change)
    return row


def set_coefficient(
    role: PaidRole, thousandths: int, province_id: UUID | None, change: Change
) -> Coefficient:
    """What a role earns as a part of the base salary, from a day on. Raises RuleBroken."""
    if not 0 < thousandths <= LARGEST_COEFFICIENT:
        raise RuleBroken(_l("A coefficient above 0 and at most 5."), field="thousandths")
    row = _same_day(
        select(Coefficient).where(
            Coefficient.role == role,
            Coefficient.province_id.is_not_distinct_from(province_id),
            Coefficient.from_on == change.from_on,
        ),
        change,
    )
    if row is None:
        row = Coefficient(role=str(role), province_id=province_id, from_on=change.from_on)
    row.thousandths = thousandths
    _keep(row, "coefficient", change, province_id)
    return row


def take_back(row: SettingValue | BaseSalary | Coefficient | CriteriaSet, *, by: Actor) -> None:
    """Take a row away whose day has not come; what it said is kept. Raises RuleBroken."""
    if row.from_on <= today():
        raise RuleBroken(_l("Its day has come: enter what holds from now on instead."))
    kind = type(row).__name__.lower()
    keep_revision(row, kind, by=by, reason="taken back")
    if isinstance(row, CriteriaSet):
        db.session.execute(delete(Criterion).where(Criterion.set_id == row.id))
    db.session.delete(row)
    province_id = getattr(row, "province_id", None)
    audit.record("setting.take_back", kind, row.id, by=by, unit_id=province_id)


def add_agency(
    name: str, sector: Sector, province_id: UUID | None, predecessor: Agency | None, change: Change
) -> Agency:
    """An agency that does this work from a day on. The one it follows ends the day before."""
    if predecessor is not None:
        if predecessor.from_on >= change.from_on:
            raise RuleBroken(_l("The agency before it began later."), field="from_on")
        if predecessor.until_on is None:
            keep_revision(predecessor, "agency", by=change.by, reason=change.source)
            predecessor.until_on = change.from_on - ONE_DAY
    agency = Agency(
        name=name,
        sector=str(sector),
        province_id=province_id,
        from_on=change.from_on,
        predecessor_id=predecessor.id if predecessor else None,
        source=change.source,
    )
    db.session.add(agency)
    audit.record("agency.add", "agency", agency.id, by=change.by, unit_id=province_id)
    return agency


def correct_agency(
    agency: Agency, *, name: str, sector: Sector, until_on: date | None, source: str, by: Actor
) -> None:
    """Put right what was written of an agency, or set its last day; what it said is kept.

    Raises RuleBroken.
    """
    if until_on is not None and until_on < agency.from_on:
        raise RuleBroken(_l("The last day comes before the first."), field="until_on")
    keep_revision(agency, "agency", by=by)
    agency.name, agency.sector, agency.source = name, str(sector), source
    agency.until_on = until_on
    audit.record("agency.correct", "agency", agency.id, by=by, unit_id=agency.province_id)


@dataclass(frozen=True, slots=True)
class Line:
    """What a new version says of a criterion."""

    text: str
    met: int | None
    partly: int | None


def follow_criteria_set(
    earlier: CriteriaSet, lines: Sequence[Line], province_id: UUID | None, change: Change
) -> CriteriaSet:
    """A new version of a checklist: the same criteria in the same order, with texts and thresholds
    of its own, from today or a coming day on. The earlier version is not touched.

    Raises RuleBroken; the field of a line is `lines-<index>-<name>`.
    """
    known = list_criteria(earlier)
    if len(lines) != len(known):
        raise RuleBroken(_l("A new version has the same criteria."))
    if change.from_on < today():
        raise RuleBroken(_l("A version begins today or later."), field="from_on")
    same = CriteriaSet.province_id.is_not_distinct_from(province_id)
    later = select(CriteriaSet.id).where(same, CriteriaSet.from_on >= change.from_on)
    if db.session.scalar(later.limit(1)) is not None:
        raise RuleBroken(_l("Another version begins on this day or later."), field="from_on")
    for index, (criterion, line) in enumerate(zip(known, lines, strict=True)):
        _check_line(index, criterion, line)
    number = db.session.scalar(select(func.max(CriteriaSet.number)).where(same)) or 0
    following = CriteriaSet(province_id=province_id, number=number + 1, from_on=change.from_on)
    _keep(following, "criteria_set", change, province_id)
    db.session.flush()
    for criterion, line in zip(known, lines, strict=True):
        same_line = (criterion.code, criterion.position, criterion.method)
        _add_line(following.id, *same_line, line)
    return following


def load_usual(*, by: Actor = SYSTEM) -> int:
    """What the program starts with (data/SOURCES.md). Rows that are there are left as they are, so
    repeating it changes nothing. Returns how many rows are new.
    """
    new = _load_rates(by) + _load_agencies() + _load_checklist(by)
    if new:
        audit.record("setting.load", "setting", None, by=by, rows=new)
    return new


def _load_rates(by: Actor) -> int:
    salaries = set(db.session.scalars(select(BaseSalary.from_on)))
    known = {
        (role, from_on)
        for role, from_on in db.session.execute(
            select(Coefficient.role, Coefficient.from_on).where(Coefficient.province_id.is_(None))
        )
    }
    new: list[BaseSalary | Coefficient] = []
    for row in read_sheet(DATA / "base_salaries.csv", ("from_on", "amount", "source")):
        begins = day_of(row["from_on"])
        if begins not in salaries:
            salary = BaseSalary(from_on=begins, amount=int(row["amount"]), source=row["source"])
            new.append(salary)
    for row in read_sheet(DATA / "coefficients.csv", ("role", "from_on", "coefficient", "source")):
        role, begins = PaidRole(row["role"]), day_of(row["from_on"])
        if (role, begins) not in known:
            coefficient = Coefficient(role=str(role), from_on=begins, source=row["source"])
            coefficient.thousandths = read_coefficient(row["coefficient"])
            new.append(coefficient)
    for each in new:
        each.recorded_by = by.id
    db.session.add_all(new)
    return len(new)


def _load_agencies() -> int:
    known = {
        (agency.name, agency.from_on): agency
        for agency in db.session.scalars(select(Agency).where(Agency.province_id.is_(None)))
    }
    by_name = {agency.name: agency for agency in known.values()}
    new = 0
    for row in read_sheet(DATA / "agencies.csv", ("name", "sector", "from_on", "predecessor")):
        if (row["name"], day_of(row["from_on"])) in known:
            continue
        before = by_name.get(row["predecessor"])
        agency = Agency(
            name=row["name"],
            sector=str(Sector(row["sector"])),
            from_on=day_of(row["from_on"]),
            until_on=day_of(row["until_on"]) if row["until_on"] else None,
            predecessor_id=before.id if before else None,
            source=row["source"],
        )
        db.session.add(agency)
        db.session.flush()
        by_name[agency.name], new = agency, new + 1
    return new


def _load_checklist(by: Actor) -> int:
    first = select(CriteriaSet.id).where(CriteriaSet.province_id.is_(None), CriteriaSet.number == 1)
    if db.session.scalar(first) is not None:
        return 0
    rows = read_sheet(DATA / "criteria_v1.csv", ("code", "text", "method", "met", "partly"))
    source = "Bộ tiêu chí v1 của chương trình"
    checklist = CriteriaSet(number=1, from_on=date(2024, 1, 1), source=source, recorded_by=by.id)
    db.session.add(checklist)
    db.session.flush()
    for position, row in enumerate(rows, start=1):
        _add_line(checklist.id, row["code"], position, row["method"], _line(row))
    return 1


def read_coefficient(text: str) -> int:
    """Thousandths of a coefficient typed as 0,6 or 0.6, at most three decimals; no floats.

    Raises ValueError.
    """
    whole, _, part = text.strip().replace(",", ".").partition(".")
    digits = whole + part
    if not (digits.isascii() and digits.isdigit() and whole and len(part) <= 3):
        raise ValueError(text)
    return int(whole) * 1000 + int(part.ljust(3, "0"))


def _line(row: SheetRow) -> Line:
    met, partly = (int(row[name]) if row[name] else None for name in ("met", "partly"))
    return Line(row["text"], met, partly)


def _add_line(set_id: UUID, code: str, position: int, method: str, line: Line) -> None:
    db.session.add(
        Criterion(
            id=uuid4(),
            set_id=set_id,
            code=code,
            position=position,
            text=line.text,
            method=method,
            met=line.met,
            partly=line.partly,
        )
    )


def _check_line(index: int, criterion: Criterion, line: Line) -> None:
    measure, field = criterion.measure, f"lines-{index}-partly"
    if line.partly is not None and line.met is None:
        raise RuleBroken(_l("Say first from where on it is met."), field=f"lines-{index}-met")
    if line.met is None or line.partly is None or measure is None:
        return
    if measure.is_limit and line.partly < line.met:
        raise RuleBroken(_l("Partly met allows more than met."), field=field)
    if not measure.is_limit and line.partly > line.met:
        raise RuleBroken(_l("Partly met asks for less than met."), field=field)


def _check_value(setting: Setting, value: str) -> None:
    if setting is Setting.PART_MONTH:
        PartMonth(value)
        return
    least, most = BOUNDS[setting]
    if not least <= int(value) <= most:
        message = _l("A number from %(least)s to %(most)s.", least=least, most=most)
        raise RuleBroken(message, field="value")


def _check_pairs(setting: Setting, value: str, province_id: UUID | None, on: date) -> None:
    holds = {**settings_on(province_id, on), setting: value}
    for lower, upper in NOT_ABOVE:
        if setting in (lower, upper) and int(holds[lower]) > int(holds[upper]):
            message = _l(
                "“%(lower)s” (%(low)s) would be more than “%(upper)s” (%(high)s).",
                lower=lower.label,
                low=holds[lower],
                upper=upper.label,
                high=holds[upper],
            )
            raise RuleBroken(message, field="value")


def _same_day(query: Select[R], change: Change) -> R | None:
    """The row of the same day, kept for its correction. Raises RuleBroken where it is not meant."""
    row = db.session.scalar(query)
    if row is None:
        return None
    if not change.corrects:
        message = _l("Another value begins on this day. Tick below if you correct it.")
        raise RuleBroken(message, field="from_on")
    keep_revision(row, type(row).__name__.lower(), by=change.by, reason=change.source)
    return row


def _keep(
    row: SettingValue | BaseSalary | Coefficient | CriteriaSet,
    kind: str,
    change: Change,
    province_id: UUID | None = None,
) -> None:
    row.source, row.recorded_by = change.source, change.by.id
    db.session.add(row)
    audit.record(
        f"{kind}.set",
        kind,
        row.id,
        by=change.by,
        unit_id=province_id,
        from_on=change.from_on.isoformat(),
        corrects=change.corrects,
    )
