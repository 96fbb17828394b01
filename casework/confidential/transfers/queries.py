"""Reading transfers: what was offered to whom, the way of a case through units, and the cases left
in units that ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.authz.permissions import Role
from casework.confidential.cases.models import Case, Episode
from casework.confidential.cases.queries import reached
from casework.confidential.transfers.models import Transfer, TransferStatus
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_successors, valid_on

_From, _To = aliased(Unit), aliased(Unit)


@dataclass(frozen=True, slots=True)
class Offer:
    """A transfer as the two units see it: a code, and from where to where."""

    transfer: Transfer
    reference: str
    from_unit: Unit
    to_unit: Unit


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of support, where it was, and the transfer that led to it."""

    episode: Episode
    unit: Unit
    note: str


@dataclass(frozen=True, slots=True)
class Left:
    """A unit that ended, the units that followed it, and the cases that still stand in it."""

    unit: Unit
    successors: Sequence[Unit]
    cases: Sequence[Case]


def find_offer(case: Case) -> Offer | None:
    """The offer of a case that waits for an answer."""
    query = _offers().where(Transfer.case_id == case.id, Transfer.status == TransferStatus.OFFERED)
    row = db.session.execute(query).first()
    return Offer(*row) if row else None


def find_last_offer(case: Case) -> Offer | None:
    """The newest offer of a case, answered or not."""
    query = _offers().where(Transfer.case_id == case.id).order_by(Transfer.offered_at.desc())
    row = db.session.execute(query.limit(1)).first()
    return Offer(*row) if row else None


def list_offers_to(access: Access) -> Sequence[Offer]:
    """What waits for an answer of the access's units, oldest first."""
    return _waiting(access.within(Transfer.to_unit_id))


def list_offers_from(access: Access) -> Sequence[Offer]:
    """What the access's units offered and nobody answered yet, oldest first."""
    return _waiting(access.within(Transfer.from_unit_id))


def get_offer(access: Access, transfer_id: UUID) -> Offer:
    """An offer to one of the access's units, answered ones too. Raises OutOfReach."""
    query = _offers().where(Transfer.id == transfer_id, access.within(Transfer.to_unit_id))
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Offer(*row)


def list_course(case: Case) -> Sequence[Stretch]:
    """The way of the case: each stretch of support with its unit, newest first. The note of the
    transfer that led there is for who goes on with it.
    """
    query = (
        select(Episode, Unit)
        .join(Unit, Unit.id == Episode.unit_id)
        .where(Episode.case_id == case.id)
        .order_by(Episode.closed_on.is_not(None), Episode.opened_on.desc())
    )
    accepted = select(Transfer).where(
        Transfer.case_id == case.id, Transfer.status == TransferStatus.ACCEPTED
    )
    came = {(each.to_unit_id, each.answered_on): each for each in db.session.scalars(accepted)}
    return [
        Stretch(episode, unit, transfer.note if transfer else "")
        for episode, unit in db.session.execute(query)
        for transfer in (came.get((episode.unit_id, episode.opened_on)),)
    ]


def list_possible_units(case: Case, province_id: UUID | None) -> Sequence[Unit]:
    """The units of a province (the case's own unless told) that exist today, without the case's
    own.
    """
    own = aliased(Unit)
    of_own = select(own.province_id).where(own.id == case.unit_id).scalar_subquery()
    query = select(Unit).where(
        Unit.province_id == (of_own if province_id is None else province_id),
        ~Unit.is_province,
        Unit.id != case.unit_id,
        valid_on(today()),
    )
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def list_counselors(offer: Offer) -> Sequence[Account]:
    """Who may take an offered case over."""
    return list_role_holders(offer.to_unit.id, Role.COUNSELOR)


def exists_on(unit: Unit, on: date) -> bool:
    """Whether a unit exists on a day."""
    return unit.valid_from <= on and (unit.valid_until is None or unit.valid_until >= on)


def list_left(access: Access) -> Sequence[Left]:
    """The access's units that have ended, with the cases that were not given to their successors
    yet, closed ones too.
    """
    query = select(Unit).where(Unit.id.in_(access.units), Unit.valid_until < today())
    found = []
    for unit in db.session.scalars(query):
        cases = (
            select(Case).where(Case.unit_id == unit.id, reached(access)).order_by(Case.reference)
        )
        successors = [link.unit for link in list_successors(unit)]
        found.append(Left(unit, successors, db.session.scalars(cases).all()))
    return sorted(found, key=lambda left: words_key(left.unit.name))


def _waiting(condition: ColumnElement[bool]) -> Sequence[Offer]:
    query = _offers().where(Transfer.status == TransferStatus.OFFERED, condition)
    return [Offer(*row) for row in db.session.execute(query.order_by(Transfer.offered_at))]


def _offers() -> Select[Transfer, str, Unit, Unit]:
    return (
        select(Transfer, Case.reference, _From, _To)
        .join(Case, Case.id == Transfer.case_id)
        .join(_From, _From.id == Transfer.from_unit_id)
        .join(_To, _To.id == Transfer.to_unit_id)
    )
