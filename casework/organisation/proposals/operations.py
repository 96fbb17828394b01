"""Unit heads propose, administrators carry out and answer. An answer stays as it was given."""

from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.proposals.models import Proposal, ProposalKind, ProposalStatus


def propose(unit_id: UUID, kind: ProposalKind, text: str, *, by: Actor) -> Proposal:
    """Ask the administrator to change something."""
    proposal = Proposal(unit_id=unit_id, kind=kind, text=text, proposed_by=by.id)
    db.session.add(proposal)
    audit.record("proposal.make", "proposal", proposal.id, by=by, unit_id=unit_id, about=str(kind))
    return proposal


def answer_proposal(proposal: Proposal, outcome: ProposalStatus, answer: str, *, by: Actor) -> None:
    """Say what became of it. What was answered is proposed anew, never answered again."""
    if not proposal.is_open:
        raise RuleBroken(_l("This proposal is answered already; the unit may make a new one."))
    proposal.status, proposal.answer = outcome, answer
    proposal.answered_by, proposal.answered_at = by.id, now()
    audit.record(
        "proposal.answer",
        "proposal",
        proposal.id,
        by=by,
        unit_id=proposal.unit_id,
        outcome=str(outcome),
    )
