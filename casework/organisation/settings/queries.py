"""What holds in a province on a day: the newest row begun by then, the province's own first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import QueryableAttribute, aliased

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import Base, db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.settings.models import (
    USUAL,
    Agency,
    BaseSalary,
    Coefficient,
    CriteriaSet,
    Criterion,
    Setting,
    SettingValue,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import valid_on

R = TypeVar("R", bound=Base)


class _Local(Protocol):
    """A row of a province, or of the whole country, from a day on."""

    province_id: UUID | None
    from_on: date


L = TypeVar("L", bound=_Local)


@dataclass(frozen=True, slots=True)
class Rates:
    """Base salaries and a province's coefficients, read once for many months and roles."""

    salaries: Sequence[BaseSalary]
    coefficients: Sequence[Coefficient]
    changes: frozenset[date] = field(init=False)
    """The days on which any rate begins."""

    def __post_init__(self) -> None:
        begins = {row.from_on for rows in (self.salaries, self.coefficients) for row in rows}
        object.__setattr__(self, "changes", frozenset(begins))

    def base_salary(self, on: date) -> BaseSalary | None:
        """The base salary of a day; None when none was entered for it."""
        begun = [salary for salary in self.salaries if salary.from_on <= on]
        return max(begun, key=lambda salary: salary.from_on, default=None)

    def coefficient(self, role: str, on: date) -> Coefficient | None:
        """The coefficient of a role on a day: the province's own if it has one, else the
        country's.
        """
        return _newest([each for each in self.coefficients if each.role == role], on)


@dataclass(frozen=True, slots=True)
class Dated:
    """The values of one setting over time, of a province and of the country."""

    setting: Setting
    rows: Sequence[SettingValue]

    def row_on(self, on: date) -> SettingValue | None:
        """The row that holds on a day; None where nobody set anything."""
        return _newest(self.rows, on)

    def on(self, on: date) -> str:
        """The value that holds on a day."""
        row = self.row_on(on)
        return row.value if row else str(USUAL[self.setting][0])


def settings_on(province_id: UUID | None, on: date) -> dict[Setting, str]:
    """Every setting as it holds in a province on a day, in one statement."""
    return {setting: dated.on(on) for setting, dated in read_settings(province_id).items()}


def number_of(setting: Setting, province_id: UUID | None, on: date) -> int:
    """A setting that is a whole number."""
    return int(settings_on(province_id, on)[setting])


def read_settings(province_id: UUID | None) -> dict[Setting, Dated]:
    """Every setting over time in a province, in one statement."""
    return read_settings_of([province_id])[province_id]


def read_settings_of(
    province_ids: Collection[UUID | None],
) -> dict[UUID | None, dict[Setting, Dated]]:
    """Every setting over time in provinces, in one statement."""
    query = select(SettingValue).where(_of(SettingValue.province_id, province_ids))
    rows = db.session.scalars(query.order_by(SettingValue.from_on.desc())).all()
    return {
        province_id: {
            setting: Dated(
                setting, [row for row in _local(rows, province_id) if row.key == setting]
            )
            for setting in Setting
        }
        for province_id in province_ids
    }


def rates_of(province_id: UUID | None) -> Rates:
    """Base salaries and coefficients of a province, past and coming ones too."""
    return read_rates_of([province_id])[province_id]


def read_rates_of(province_ids: Collection[UUID | None]) -> dict[UUID | None, Rates]:
    """The rates of provinces, in two statements."""
    salaries = db.session.scalars(select(BaseSalary).order_by(BaseSalary.from_on.desc())).all()
    query = select(Coefficient).where(_of(Coefficient.province_id, province_ids))
    rows = db.session.scalars(
        query.order_by(Coefficient.role, Coefficient.from_on.desc(), Coefficient.id)
    ).all()
    return {each: Rates(salaries, _local(rows, each)) for each in province_ids}


def list_agencies(province_id: UUID | None) -> list[Agency]:
    """The agencies of the country and of a province, those of today first."""
    query = select(Agency).where(_of(Agency.province_id, [province_id]))
    now = today()
    return sorted(
        db.session.scalars(query),
        key=lambda row: (row.until_on is not None and row.until_on < now, words_key(row.name)),
    )


def list_criteria_sets(province_id: UUID | None) -> list[CriteriaSet]:
    """The checklists of the country and of a province, newest first."""
    query = select(CriteriaSet).where(_of(CriteriaSet.province_id, [province_id]))
    return list(
        db.session.scalars(query.order_by(CriteriaSet.from_on.desc(), CriteriaSet.number.desc()))
    )


def find_criteria_set(province_id: UUID | None, on: date) -> CriteriaSet | None:
    """The checklist that holds in a province on a day."""
    return _newest(list_criteria_sets(province_id), on)


def list_criteria(criteria_set: CriteriaSet) -> list[Criterion]:
    """The lines of a checklist, in its order."""
    query = select(Criterion).where(Criterion.set_id == criteria_set.id)
    return list(db.session.scalars(query.order_by(Criterion.position)))


def list_provinces_to_read() -> list[Unit]:
    """The provinces of today."""
    query = select(Unit).where(Unit.is_province, valid_on(today()))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def find_own_province(access: Access) -> UUID | None:
    """The province in which an account works; None for one of the whole country."""
    if access.everywhere:
        return None
    if access.provinces:
        return min(access.provinces)
    query = select(Unit.province_id).where(Unit.id.in_(access.units | access.own_units))
    return db.session.scalar(query.limit(1))


def get_row(kind: type[R], row_id: UUID) -> R:
    """A dated row. Settings are no secret, so whoever reads any reads all. Raises OutOfReach."""
    row = db.session.get(kind, row_id)
    if row is None:
        raise OutOfReach
    return row


def get_row_to_change(access: Access, kind: type[R], row_id: UUID) -> R:
    """A row of a province that the account may change; the country's only by those of the whole
    country. Raises OutOfReach.
    """
    row = get_row(kind, row_id)
    if not may_set_for(access, getattr(row, "province_id", None)):
        raise OutOfReach
    return row


def may_set_for(access: Access, province_id: UUID | None) -> bool:
    """Whether an account may set something for a province (None: for the whole country)."""
    return access.everywhere or (province_id is not None and province_id in access.provinces)


def find_predecessor(agency: Agency) -> Agency | None:
    """The agency whose work this one took over."""
    return db.session.get(Agency, agency.predecessor_id) if agency.predecessor_id else None


def list_heirs(agency: Agency) -> list[Agency]:
    """The agencies that took this one's work over."""
    heir = aliased(Agency)
    return list(db.session.scalars(select(heir).where(heir.predecessor_id == agency.id)))


def _of(
    column: QueryableAttribute[UUID | None], province_ids: Collection[UUID | None]
) -> ColumnElement[bool]:
    return or_(column.is_(None), column.in_([each for each in province_ids if each]))


def _local(rows: Sequence[L], province_id: UUID | None) -> list[L]:
    return [row for row in rows if row.province_id in (None, province_id)]


def _newest(rows: Sequence[L], on: date) -> L | None:
    begun = [row for row in rows if row.from_on <= on]
    return max(begun, key=lambda row: (row.province_id is not None, row.from_on), default=None)
