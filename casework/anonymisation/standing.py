"""Where the units of a province stand with a month, and what the pages of a unit may open."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from casework.anonymisation import measures
from casework.anonymisation.models import CompletenessMark, Signature
from casework.anonymisation.periods import Month
from casework.anonymisation.signing import Figures, SignatureState, figures_of, state_of
from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import Account
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A unit's month, and who marked it complete."""

    unit: Unit
    mark: CompletenessMark | None
    marked_by: str


@dataclass(frozen=True, slots=True)
class UnitLine(MarkedLine):
    """A unit's month: its activity figures as they are now, who marked it complete, who signed."""

    signature: Signature | None
    signed_by: str
    figures: Figures

    @property
    def state(self) -> SignatureState:
        """Whether the signature holds for the figures as they are now."""
        return state_of(self.signature, self.unit.id, self.figures)

    @property
    def is_signed(self) -> bool:
        """Whether the figures as they are now are signed."""
        return self.state is SignatureState.SIGNED

    @property
    def is_ready(self) -> bool:
        """Whether nothing of the unit is waited for."""
        return self.mark is not None and self.is_signed


@dataclass(frozen=True, slots=True)
class Tally:
    """Of how many units a month was marked, and signed at least once."""

    marked: int = 0
    signed: int = 0


def list_own_units(access: Access) -> list[Unit]:
    """The units in which the account has its role today. One that was merged has its last month to
    sign, for as long as somebody has a role in it.
    """
    query = select(Unit).where(Unit.id.in_(access.units), ~Unit.is_province)
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def get_own_unit(access: Access, unit_id: UUID) -> Unit:
    """A unit within reach. Raises OutOfReach."""
    query = select(Unit).where(
        Unit.id == unit_id, ~Unit.is_province, access.within(Unit.id, Unit.province_id)
    )
    return _found(db.session.scalar(query))


def get_province(access: Access, province_id: UUID) -> Unit:
    """A province within reach. Raises OutOfReach."""
    query = select(Unit).where(
        Unit.id == province_id, Unit.is_province, access.within(Unit.id, Unit.province_id)
    )
    return _found(db.session.scalar(query))


def list_parts(province_id: UUID, month: Month) -> list[UUID]:
    """The units that take part in a month."""
    return [
        part.id
        for part in measures.list_parts(db.session.connection(), province_id)
        if part.since <= month.last_day
        and (part.valid_until is None or part.valid_until >= month.first_day)
    ]


def list_marked(unit_ids: Sequence[UUID], month: Month) -> list[MarkedLine]:
    """Which units are marked complete, in the order of names, in one statement."""
    query = (
        select(Unit, CompletenessMark, Account.display_name)
        .outerjoin(CompletenessMark, _marked(month))
        .outerjoin(Account, Account.id == CompletenessMark.marked_by)
        .where(Unit.id.in_(unit_ids))
    )
    lines = [MarkedLine(unit, mark, by or "") for unit, mark, by in db.session.execute(query)]
    return sorted(lines, key=lambda line: words_key(line.unit.name))


def list_lines(unit_ids: Sequence[UUID], month: Month) -> list[UnitLine]:
    """Where units stand, in the order of names, in four statements."""
    marker, signer, later = aliased(Account), aliased(Account), aliased(Signature)
    newest = (
        select(later.id)
        .where(later.unit_id == Unit.id, later.period == month.period)
        .order_by(later.signed_at.desc(), later.id)
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    query = (
        select(Unit, CompletenessMark, marker.display_name, Signature, signer.display_name)
        .outerjoin(CompletenessMark, _marked(month))
        .outerjoin(marker, marker.id == CompletenessMark.marked_by)
        .outerjoin(Signature, Signature.id == newest)
        .outerjoin(signer, signer.id == Signature.signed_by)
        .where(Unit.id.in_(unit_ids))
    )
    rows = db.session.execute(query).all()
    figures = figures_of([row[0].id for row in rows], month)
    lines = [
        UnitLine(
            unit,
            mark,
            marked_by or "",
            signature,
            signed_by or "",
            figures[unit.id],
        )
        for unit, mark, marked_by, signature, signed_by in rows
    ]
    return sorted(lines, key=lambda line: words_key(line.unit.name))


def count_by_month(province_id: UUID) -> dict[str, Tally]:
    """How far the units of a province are, by month, in two statements."""
    marked, signed = (_units_by_month(kind, province_id) for kind in (CompletenessMark, Signature))
    return {
        period: Tally(marked.get(period, 0), signed.get(period, 0))
        for period in marked.keys() | signed.keys()
    }


def _marked(month: Month) -> ColumnElement[bool]:
    return and_(CompletenessMark.unit_id == Unit.id, CompletenessMark.period == month.period)


def _units_by_month(
    kind: type[CompletenessMark] | type[Signature], province_id: UUID
) -> dict[str, int]:
    query = (
        select(kind.period, func.count(kind.unit_id.distinct()))
        .join(Unit, Unit.id == kind.unit_id)
        .where(Unit.province_id == province_id)
        .group_by(kind.period)
    )
    return dict(db.session.execute(query).all())


def _found(unit: Unit | None) -> Unit:
    if unit is None:
        raise OutOfReach
    return unit
