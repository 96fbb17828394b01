"""Reading consent: of the answers to one purpose (and one partner or unit), the latest counts."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose
from casework.core.database import db


def list_consents(case: Case) -> Sequence[Consent]:
    """Every answer, newest first."""
    return db.session.scalars(_answers(case)).all()


def list_answers(
    case: Case, purpose: Purpose, *, partner_id: UUID | None = None, to_unit_id: UUID | None = None
) -> Sequence[Consent]:
    """The answers to one purpose and to exactly this partner or unit, newest first. An answer to
    referrals in general, without a partner, is none to any of them.
    """
    query = _answers(case).where(
        Consent.purpose == purpose,
        Consent.partner_id == partner_id,
        Consent.to_unit_id == to_unit_id,
    )
    return db.session.scalars(query).all()


def find_consent(
    case: Case,
    purpose: Purpose,
    on: date,
    *,
    partner_id: UUID | None = None,
    to_unit_id: UUID | None = None,
) -> Consent | None:
    """The consent that holds on a day: the latest answer given until then, when it is a yes that
    has not expired. What a person withdraws later does not undo what was done while they agreed; a
    deed of today asks for today.
    """
    if purpose is Purpose.REFERRAL and partner_id is None and to_unit_id is None:
        return None
    answers = list_answers(case, purpose, partner_id=partner_id, to_unit_id=to_unit_id)
    latest = next((answer for answer in answers if answer.on <= on), None)
    return latest if latest is not None and latest.holds(on) else None


def has_consent(
    case: Case,
    purpose: Purpose,
    on: date,
    *,
    partner_id: UUID | None = None,
    to_unit_id: UUID | None = None,
) -> bool:
    """Whether a consent holds on a day."""
    found = find_consent(case, purpose, on, partner_id=partner_id, to_unit_id=to_unit_id)
    return found is not None


def latest_consents(case: Case) -> dict[Purpose, Consent]:
    """The answer that counts now, by purpose."""
    latest: dict[Purpose, Consent] = {}
    for consent in list_consents(case):
        latest.setdefault(Purpose(consent.purpose), consent)
    return latest


def _answers(case: Case) -> Select[Consent]:
    # Of two answers written in one instant the refusal counts.
    newest = (Consent.on.desc(), Consent.recorded_at.desc(), Consent.is_given)
    return select(Consent).where(Consent.case_id == case.id).order_by(*newest)
