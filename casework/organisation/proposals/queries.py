"""What units proposed, as far as the account reaches: a unit head's own, an administrator's all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import Account
from casework.organisation.proposals.models import Proposal, ProposalStatus
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached, valid_on

PAGE = 50


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with its unit, who made it and who answered."""

    proposal: Proposal
    unit: Unit
    proposed_by: str
    answered_by: str


def list_proposals(
    access: Access, status: ProposalStatus | None, page: int
) -> tuple[list[Proposed], bool]:
    """A page of the proposals within reach, what waits first, then the newest; whether more
    follow.
    """
    query = _within(access)
    if status is not None:
        query = query.where(Proposal.status == status)
    answered = case((Proposal.status == ProposalStatus.OPEN, 0), else_=1)
    query = query.order_by(answered, Proposal.proposed_at.desc(), Proposal.id)
    rows = db.session.execute(query.offset(page * PAGE).limit(PAGE + 1)).all()
    return [_proposed(*row) for row in rows[:PAGE]], len(rows) > PAGE


def get_proposal(access: Access, proposal_id: UUID) -> Proposed:
    """A proposal within reach. Raises OutOfReach."""
    row = db.session.execute(_within(access).where(Proposal.id == proposal_id)).first()
    if row is None:
        raise OutOfReach
    return _proposed(*row)


def list_own_units(access: Access) -> Sequence[Unit]:
    """The units for which the account may propose something today."""
    query = select(Unit).where(Unit.id.in_(access.units), valid_on(today()))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def _proposed(
    proposal: Proposal, unit: Unit, proposed_by: str | None, answered_by: str | None
) -> Proposed:
    return Proposed(proposal, unit, proposed_by or "", answered_by or "")


def _within(access: Access) -> Select[Proposal, Unit, str, str]:
    answerer = aliased(Account)
    return (
        select(Proposal, Unit, Account.display_name, answerer.display_name)
        .join(Unit, Unit.id == Proposal.unit_id)
        .outerjoin(Account, Account.id == Proposal.proposed_by)
        .outerjoin(answerer, answerer.id == Proposal.answered_by)
        .where(reached(access, Unit.id, Unit.province_id))
    )
