"""Reading consent: the latest answer of each purpose counts."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose
from casework.core.database import db


def list_consents(case: Case) -> Sequence[Consent]:
    """Every answer, newest first."""
    query = (
        select(Consent)
        .where(Consent.case_id == case.id)
        .order_by(Consent.on.desc(), Consent.recorded_at.desc())
    )
    return db.session.scalars(query).all()


def latest_consents(case: Case) -> dict[Purpose, Consent]:
    """The answer that counts now, by purpose."""
    latest: dict[Purpose, Consent] = {}
    for consent in list_consents(case):
        latest.setdefault(Purpose(consent.purpose), consent)
    return latest


def has_consent(case: Case, purpose: Purpose, on: date) -> bool:
    """Whether the person's latest answer is yes and holds on a day."""
    consent = latest_consents(case).get(purpose)
    return consent is not None and consent.holds(on)
