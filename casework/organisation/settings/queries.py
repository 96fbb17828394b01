"""What holds in a province on a day: the newest row begun by then, the province's own first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from casework.core.database import db
from casework.organisation.settings.models import (
    USUAL,
    BaseSalary,
    Coefficient,
    Setting,
    SettingValue,
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Base salaries and a province's coefficients, read once for many months and roles."""

    salaries: Sequence[BaseSalary]
    coefficients: Sequence[Coefficient]

    def base_salary(self, on: date) -> BaseSalary | None:
        """The base salary of a day; None when none was entered for it."""
        begun = [salary for salary in self.salaries if salary.from_on <= on]
        return max(begun, key=lambda salary: salary.from_on, default=None)

    def coefficient(self, role: str, on: date) -> Coefficient | None:
        """The coefficient of a role on a day: the province's own if it has one, else the
        country's.
        """
        begun = [each for each in self.coefficients if each.role == role and each.from_on <= on]
        return max(
            begun, key=lambda each: (each.province_id is not None, each.from_on), default=None
        )


def settings_on(province_id: UUID | None, on: date) -> dict[Setting, str]:
    """Every setting as it holds in a province on a day, in one statement."""
    query = select(SettingValue).where(
        SettingValue.from_on <= on,
        or_(SettingValue.province_id.is_(None), SettingValue.province_id == province_id),
    )
    found = {setting: value for setting, (value, _) in USUAL.items()}
    rows = sorted(
        db.session.scalars(query), key=lambda row: (row.province_id is not None, row.from_on)
    )
    for row in rows:
        if row.key in found:
            found[Setting(row.key)] = row.value
    return found


def number_of(setting: Setting, province_id: UUID | None, on: date) -> int:
    """A setting that is a whole number."""
    return int(settings_on(province_id, on)[setting])


def rates_of(province_id: UUID | None) -> Rates:
    """Base salaries and coefficients of a province, past and coming ones too."""
    own = or_(Coefficient.province_id.is_(None), Coefficient.province_id == province_id)
    return Rates(
        db.session.scalars(select(BaseSalary)).all(),
        db.session.scalars(select(Coefficient).where(own)).all(),
    )
