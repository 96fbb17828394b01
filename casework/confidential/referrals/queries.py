"""Reading referrals: of a case, and of everything entrusted to an account.

A referral is answered once the partner said anything; until then feedback is due on its day. What
was taken back counts nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from casework.authz.enforce import Access
from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import reached
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.referrals.models import Referral, ReferralStatus, ReferralStep
from casework.core.clock import last_year_to
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import Account
from casework.organisation.partners.models import Partner
from casework.organisation.partners.queries import select_partners


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral with the partner it went to and the code of its case."""

    referral: Referral
    partner: Partner
    reference: str

    def is_overdue(self, on: date) -> bool:
        """Whether the partner should have answered by now."""
        referral = self.referral
        return referral.answered_on is None and referral.feedback_due_on < on


@dataclass(frozen=True, slots=True)
class Share:
    """How many referrals were answered, of how many sent."""

    answered: int
    sent: int


def list_referrals(case: Case) -> tuple[list[Sent], list[Sent]]:
    """The referrals of a case, newest first; and apart, what was recorded by mistake."""
    found = _sent(_with_partner(Referral.case_id == case.id))
    standing = [sent for sent in found if sent.referral.taken_back_at is None]
    return standing, [sent for sent in found if sent.referral.taken_back_at is not None]


def get_referral(case: Case, referral_id: UUID) -> Sent:
    """A referral of this case. Raises OutOfReach."""
    condition = (Referral.id == referral_id) & (Referral.case_id == case.id)
    found = _sent(_with_partner(condition))
    if not found:
        raise OutOfReach
    return found[0]


def list_steps(referral: Referral) -> Sequence[tuple[ReferralStep, str]]:
    """What became known, newest first, with who recorded it."""
    query = (
        select(ReferralStep, Account.display_name)
        .outerjoin(Account, Account.id == ReferralStep.recorded_by)
        .where(ReferralStep.referral_id == referral.id)
        .order_by(ReferralStep.on.desc(), ReferralStep.recorded_at.desc())
    )
    return [(step, name or "—") for step, name in db.session.execute(query)]


def step_days(referral: Referral) -> tuple[date | None, date | None]:
    """The days of the first and the last step."""
    query = select(func.min(ReferralStep.on), func.max(ReferralStep.on)).where(
        ReferralStep.referral_id == referral.id
    )
    first, last = db.session.execute(query).one()
    return first, last


def find_waiting(case: Case, partner_id: UUID, area: str) -> Referral | None:
    """A referral to the same partner for the same need that nobody answered yet."""
    query = select(Referral).where(
        Referral.case_id == case.id,
        Referral.partner_id == partner_id,
        Referral.area == area,
        _waits(),
    )
    return db.session.scalar(query.limit(1))


def list_unanswered(access: Access) -> list[Sent]:
    """The referrals of open cases within reach that wait for an answer, the longest due first."""
    query = _with_partner(reached(access) & Case.closed_on.is_(None) & _waits())
    return _sent(query.order_by(None).order_by(Referral.feedback_due_on, Referral.recorded_at))


def share_answered(access: Access, on: date) -> Share:
    """How many of the referrals sent in the twelve months to a day were answered."""
    first, last = last_year_to(on)
    query = (
        select(func.count().filter(Referral.answered_on.is_not(None)), func.count())
        .select_from(Referral)
        .join(Case, Case.id == Referral.case_id)
        .where(
            reached(access),
            Referral.taken_back_at.is_(None),
            Referral.sent_on.between(first, last),
        )
    )
    return Share(*db.session.execute(query).one())


def list_partners(case: Case, on: date) -> tuple[list[Partner], set[UUID]]:
    """The partners to whom the person can be referred on a day, in the order of names, and to which
    of them they agree. The latest answer to each counts.
    """
    answer = (
        (Consent.case_id == case.id)
        & (Consent.purpose == Purpose.REFERRAL)
        & (Consent.partner_id == Partner.id)
        & (Consent.on <= on)
    )
    query = (
        select_partners(case.unit_id, on)
        .outerjoin(Consent, answer)
        .add_columns(Consent)
        .order_by(Consent.on.desc(), Consent.recorded_at.desc(), Consent.is_given)
    )
    latest: dict[Partner, Consent | None] = {}
    for partner, consent in db.session.execute(query):
        latest.setdefault(partner, consent)
    agreed = {each.id for each, consent in latest.items() if consent and consent.holds(on)}
    return sorted(latest, key=lambda partner: words_key(partner.name)), agreed


def _waits() -> ColumnElement[bool]:
    unknown = Referral.status.in_((ReferralStatus.SENT, ReferralStatus.UNKNOWN))
    return unknown & Referral.taken_back_at.is_(None)


def _with_partner(condition: ColumnElement[bool]) -> Select[Referral, Partner, str]:
    return (
        select(Referral, Partner, Case.reference)
        .join(Partner, Partner.id == Referral.partner_id)
        .join(Case, Case.id == Referral.case_id)
        .where(condition)
        .order_by(Referral.sent_on.desc(), Referral.recorded_at.desc())
    )


def _sent(query: Select[Referral, Partner, str]) -> list[Sent]:
    return [Sent(*row) for row in db.session.execute(query)]
