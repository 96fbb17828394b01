"""Reading partners and joint activities.

A unit works with the partners it entered itself and with those of its whole province. Joint
activities are counted by the units that held them, whoever entered the partner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, extract, func, or_, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.clock import last_year_to
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, words_key
from casework.organisation.accounts.models import Account
from casework.organisation.partners.models import JointActivity, JointPartner, Partner
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached, with_predecessors

_unit = aliased(Unit)


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner in the directory: joint activities of the last twelve months, and the last one."""

    partner: Partner
    recent: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """A joint activity with those who took part, its unit and who wrote it down."""

    activity: JointActivity
    unit: Unit
    partners: Sequence[Partner]
    by: str


def list_partners(unit_id: UUID, on: date) -> list[Partner]:
    """The partners a unit can work with on a day: its own and its province's."""
    return _sorted(db.session.scalars(select_partners(unit_id, on)))


def select_partners(unit_id: UUID, on: date) -> Select[Partner]:
    """The same to be joined with what a feature above knows of each."""
    return _offered(with_predecessors([unit_id])).where(active_on(on))


def list_offered(unit_ids: Sequence[UUID]) -> list[Partner]:
    """Every partner of units and of their provinces, ended ones too."""
    return _sorted(db.session.scalars(_offered(unit_ids)))


def list_directory(unit_ids: Sequence[UUID], on: date) -> list[PartnerLine]:
    """The partners of units and of their provinces, with what these units did with each."""
    recent = JointActivity.held_on.between(*last_year_to(on))
    together = (
        select(
            JointPartner.partner_id,
            func.count().filter(recent).label("recent"),
            func.max(JointActivity.held_on).label("last_on"),
        )
        .join(JointActivity, JointActivity.id == JointPartner.activity_id)
        .where(JointActivity.unit_id.in_(unit_ids), JointActivity.held_on <= on)
        .group_by(JointPartner.partner_id)
        .subquery()
    )
    query = (
        _offered(unit_ids)
        .outerjoin(together, together.c.partner_id == Partner.id)
        .add_columns(together.c.recent, together.c.last_on)
    )
    lines = [PartnerLine(partner, n or 0, last) for partner, n, last in db.session.execute(query)]
    return sorted(lines, key=lambda line: _key(line.partner))


def get_partner(access: Access, partner_id: UUID) -> tuple[Partner, Unit]:
    """A partner of a unit within reach or of its province, with its unit. Raises OutOfReach."""
    of_own_province = Unit.id.in_(select(_unit.province_id).where(_unit.id.in_(access.units)))
    return _get_partner(or_(_within(access), of_own_province), partner_id)


def get_partner_to_change(access: Access, partner_id: UUID) -> tuple[Partner, Unit]:
    """A partner that a unit within reach entered. Raises OutOfReach."""
    return _get_partner(_within(access) & ~Unit.is_province, partner_id)


def may_change(access: Access, unit: Unit) -> bool:
    """Whether partners that this unit entered may be changed."""
    query = select(Unit.id).where(Unit.id == unit.id, _within(access), ~Unit.is_province)
    return db.session.scalar(query) is not None


def get_partner_of_province(access: Access, partner_id: UUID) -> tuple[Partner, Unit]:
    """A partner of a whole province within reach. Raises OutOfReach."""
    return _get_partner(_within(access) & Unit.is_province, partner_id)


def find_double(unit_id: UUID, kind: str, name: str, but: UUID | None) -> Partner | None:
    """Another partner of a unit with the same kind and name, however it is spelt."""
    query = select(Partner).where(Partner.unit_id == unit_id, Partner.kind == kind)
    found = (p for p in db.session.scalars(query) if p.id != but and fold(p.name) == fold(name))
    return next(found, None)


def list_activities(unit_ids: Sequence[UUID], year: int) -> list[ActivityLine]:
    """Joint activities of units in a year, newest first."""
    in_year = JointActivity.held_on.between(date(year, 1, 1), date(year, 12, 31))
    return _lines(JointActivity.unit_id.in_(unit_ids) & in_year)


def list_activities_with(access: Access, partner: Partner) -> list[ActivityLine]:
    """Joint activities with a partner that lie within reach, newest first."""
    with_partner = select(JointPartner.activity_id).where(JointPartner.partner_id == partner.id)
    return _lines(JointActivity.id.in_(with_partner) & _within(access))


def get_activity(access: Access, activity_id: UUID) -> ActivityLine:
    """A joint activity that the account may correct: of its unit head, or its own. Raises
    OutOfReach.
    """
    mine = JointActivity.recorded_by == access.account_id
    own = access.own(JointActivity.unit_id) & mine
    lines = _lines((JointActivity.id == activity_id) & or_(_within(access), own))
    if not lines:
        raise OutOfReach
    return lines[0]


def days_together(partner: Partner) -> tuple[date | None, date | None]:
    """The days of the first and the last joint activity with a partner, of whatever unit."""
    query = (
        select(func.min(JointActivity.held_on), func.max(JointActivity.held_on))
        .join(JointPartner, JointPartner.activity_id == JointActivity.id)
        .where(JointPartner.partner_id == partner.id)
    )
    first, last = db.session.execute(query).one()
    return first, last


def active_partners(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> int:
    """How many partners units did something with between two days (checklist H1)."""
    query = (
        select(func.count(JointPartner.partner_id.distinct()))
        .join(JointActivity, JointActivity.id == JointPartner.activity_id)
        .where(
            JointActivity.unit_id.in_(unit_ids), JointActivity.held_on.between(from_on, until_on)
        )
    )
    return db.session.scalar(query) or 0


def count_by_month(unit_ids: Sequence[UUID], year: int) -> dict[int, int]:
    """Joint activities held by units in each month (1–12) of a year."""
    month = extract("month", JointActivity.held_on)
    in_year = JointActivity.held_on.between(date(year, 1, 1), date(year, 12, 31))
    query = select(month, func.count()).where(JointActivity.unit_id.in_(unit_ids), in_year)
    counted = {int(number): count for number, count in db.session.execute(query.group_by(month))}
    return {number: counted.get(number, 0) for number in range(1, 13)}


def active_on(on: date) -> ColumnElement[bool]:
    """The partners worked with on a day; the first and the last day count."""
    until = Partner.active_until
    return (Partner.active_from <= on) & or_(until.is_(None), until >= on)


def _within(access: Access) -> ColumnElement[bool]:
    return reached(access, Unit.id, Unit.province_id)


def _offered(unit_ids: Sequence[UUID] | Select[UUID]) -> Select[Partner]:
    provinces = select(Unit.province_id).where(Unit.id.in_(unit_ids))
    return select(Partner).where(or_(Partner.unit_id.in_(unit_ids), Partner.unit_id.in_(provinces)))


def _get_partner(condition: ColumnElement[bool], partner_id: UUID) -> tuple[Partner, Unit]:
    query = select(Partner, Unit).join(Unit, Unit.id == Partner.unit_id)
    row = db.session.execute(query.where(Partner.id == partner_id, condition)).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1]


def _lines(condition: ColumnElement[bool]) -> list[ActivityLine]:
    query = (
        select(JointActivity, Unit, Account.display_name)
        .join(Unit, Unit.id == JointActivity.unit_id)
        .outerjoin(Account, Account.id == JointActivity.recorded_by)
        .where(condition)
        .order_by(JointActivity.held_on.desc(), JointActivity.recorded_at.desc())
    )
    rows = db.session.execute(query).all()
    ids = [activity.id for activity, _, _ in rows]
    with_whom: dict[UUID, list[Partner]] = {activity_id: [] for activity_id in ids}
    pairs = (
        select(JointPartner.activity_id, Partner)
        .join(Partner, Partner.id == JointPartner.partner_id)
        .where(JointPartner.activity_id.in_(ids))
    )
    for activity_id, partner in db.session.execute(pairs) if ids else ():
        with_whom[activity_id].append(partner)
    return [
        ActivityLine(activity, unit, _sorted(with_whom[activity.id]), name or "")
        for activity, unit, name in rows
    ]


def _key(partner: Partner) -> tuple[object, ...]:
    return partner.active_until is not None, words_key(partner.name)


def _sorted(partners: Iterable[Partner]) -> list[Partner]:
    return sorted(partners, key=_key)
