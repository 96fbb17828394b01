"""Referring a person to a partner: only while they agree to that very partner, and followed until
the partner answered.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.consent.operations import require_consent, require_consent_to_record
from casework.confidential.history.operations import keep_revision
from casework.confidential.referrals.models import Referral, ReferralStatus, ReferralStep
from casework.confidential.referrals.queries import find_waiting, step_days
from casework.confidential.referrals.rules import FOLLOWING, is_answer
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.organisation.partners.models import Partner
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable

FIELDS = ("area", "sent_on", "names_person", "reason")


def send_referral(case: Case, partner: Partner, answer: dict[str, Any], *, by: Actor) -> Referral:
    """Refer the person. Feedback is due after the days that the province sets."""
    consent = _check(case, partner, answer)
    require_consent_to_record(case, field="reason")
    waiting = find_waiting(case, partner.id, answer["area"])
    if waiting is not None:
        message = _l(
            "The person was referred there for this on %(day)s, and the partner has not answered.",
            day=day(waiting.sent_on),
        )
        raise RuleBroken(message, field="area")
    referral = Referral(
        id=uuid4(),
        case_id=case.id,
        unit_id=case.unit_id,
        partner_id=partner.id,
        consent_id=consent.id,
        feedback_due_on=_feedback_due(case.unit_id, answer["sent_on"]),
        status=ReferralStatus.SENT,
        recorded_by=by.id,
        **{name: answer[name] for name in FIELDS},
    )
    db.session.add(referral)
    audit.record("referral.send", "case", case.id, by=by, unit_id=case.unit_id)
    return referral


def correct_referral(
    case: Case, referral: Referral, partner: Partner, answer: dict[str, Any], *, by: Actor
) -> None:
    """Change what a referral is about or its day; what it said stays readable. Another partner is
    another referral.
    """
    _refuse_taken_back(referral)
    consent = _check(case, partner, answer)
    first, _last = step_days(referral)
    if first is not None and first < answer["sent_on"]:
        message = _l("Something became known on %(day)s already.", day=day(first))
        raise RuleBroken(message, field="sent_on")
    if isinstance(referral.reason, Unreadable):
        message = _l("The text that stands here can't be opened, so it can't be replaced.")
        raise RuleBroken(message, field="reason")
    keep_revision(referral, "referral", FIELDS, by=by)
    for name in FIELDS:
        setattr(referral, name, answer[name])
    referral.consent_id = consent.id
    referral.feedback_due_on = _feedback_due(referral.unit_id, answer["sent_on"])
    audit.record("referral.correct", "case", case.id, by=by, unit_id=case.unit_id)


def record_step(
    case: Case, referral: Referral, status: ReferralStatus, on: date, note: str, *, by: Actor
) -> ReferralStep:
    """Add what became known. A closed case takes it too: partners answer late."""
    _refuse_taken_back(referral)
    check_key(case, Compartment.NOTES)
    if status not in FOLLOWING[ReferralStatus(referral.status)]:
        raise RuleBroken(_l("This does not follow on what is known already."), field="status")
    earliest = step_days(referral)[1] or referral.sent_on
    if on < earliest:
        message = _l("Not before %(day)s, the day of what came before.", day=day(earliest))
        raise RuleBroken(message, field="on")
    if status is ReferralStatus.UNKNOWN and on < referral.feedback_due_on:
        due = day(referral.feedback_due_on)
        raise RuleBroken(_l("The partner has until %(day)s to answer.", day=due), field="status")
    step = ReferralStep(
        id=uuid4(),
        referral_id=referral.id,
        case_id=case.id,
        status=status,
        on=on,
        note=note,
        recorded_by=by.id,
    )
    db.session.add(step)
    referral.status = status
    if referral.answered_on is None and is_answer(status):
        referral.answered_on = on
    audit.record("referral.step", "case", case.id, by=by, unit_id=case.unit_id, status=str(status))
    return step


def take_back_referral(case: Case, referral: Referral, reason: str, *, by: Actor) -> None:
    """Have a referral that was never made, or not for this person, count nowhere. It stays
    readable, with the reason.
    """
    _refuse_taken_back(referral)
    _check_open(case)
    keep_revision(referral, "referral", (), by=by, reason=reason)
    referral.taken_back_at, referral.taken_back_by = now(), by.id
    audit.record("referral.take_back", "case", case.id, by=by, unit_id=case.unit_id)


def check_letter(case: Case, referral: Referral, *, names_person: bool) -> None:
    """A letter goes out only while the person agrees, and names them only if they said so."""
    _refuse_taken_back(referral)
    require_consent(case, Purpose.REFERRAL, today(), field="letter", partner_id=referral.partner_id)
    if names_person and not referral.names_person:
        raise RuleBroken(_l("The person did not agree to be named in the letter."), field="letter")


def _feedback_due(unit_id: UUID, sent_on: date) -> date:
    province_id = db.session.get_one(Unit, unit_id).province_id
    return sent_on + timedelta(days=number_of(Setting.FEEDBACK_DAYS, province_id, sent_on))


def _refuse_taken_back(referral: Referral) -> None:
    if referral.taken_back_at is not None:
        raise RuleBroken(_l("This referral was taken back."))


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)


def _check(case: Case, partner: Partner, answer: dict[str, Any]) -> Consent:
    _check_open(case)
    sent_on: date = answer["sent_on"]
    if sent_on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="sent_on")
    until = partner.active_until
    if sent_on < partner.active_from or (until is not None and until < sent_on):
        message = _l("%(name)s was no partner on this day.", name=partner.name)
        raise RuleBroken(message, field="partner")
    return require_consent(case, Purpose.REFERRAL, sent_on, field="partner", partner_id=partner.id)
