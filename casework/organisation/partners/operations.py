"""Entering partners and what was done with them. Nothing is deleted: a partner ends on a day, and a
correction keeps what it corrects.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.organisation.history.operations import keep_revision
from casework.organisation.partners.models import JointActivity, JointPartner, Partner
from casework.organisation.partners.queries import days_together, find_double


def enter_partner(unit_id: UUID, answer: dict[str, Any], *, by: Actor) -> Partner:
    """Add a partner of a unit, or of a province for all its units; none twice."""
    _check(unit_id, answer, but=None)
    partner = Partner(id=uuid4(), unit_id=unit_id, recorded_by=by.id, **_values(answer))
    db.session.add(partner)
    audit.record("partner.enter", "partner", partner.id, by=by, unit_id=unit_id)
    return partner


def change_partner(partner: Partner, answer: dict[str, Any], *, by: Actor) -> None:
    """Change a partner or end it; no joint activity falls outside its days."""
    _check(partner.unit_id, answer, but=partner.id)
    first, last = days_together(partner)
    until = answer["active_until"]
    if first and answer["active_from"] > first:
        message = _l("Something was done together on %(day)s already.", day=day(first))
        raise RuleBroken(message, field="active_from")
    if until and last and until < last:
        message = _l("Something was done together on %(day)s still.", day=day(last))
        raise RuleBroken(message, field="active_until")
    keep_revision(partner, "partner", by=by)
    for name, value in _values(answer).items():
        setattr(partner, name, value)
    audit.record("partner.change", "partner", partner.id, by=by, unit_id=partner.unit_id)


def log_activity(
    unit_id: UUID, answer: dict[str, Any], partners: Sequence[Partner], *, by: Actor
) -> JointActivity:
    """Add something a unit did together with partners, at least one."""
    _check_days(answer, partners)
    activity = JointActivity(
        id=uuid4(),
        unit_id=unit_id,
        held_on=answer["held_on"],
        topic=answer["topic"],
        outcome=answer["outcome"] or "",
        recorded_by=by.id,
    )
    db.session.add(activity)
    db.session.flush()
    _set_partners(activity, partners)
    audit.record("activity.log", "joint_activity", activity.id, by=by, unit_id=unit_id)
    return activity


def correct_activity(
    activity: JointActivity,
    answer: dict[str, Any],
    partners: Sequence[Partner],
    earlier: Sequence[Partner],
    *,
    by: Actor,
) -> None:
    """Correct a joint activity; what it said before, and with whom, stays readable."""
    _check_days(answer, partners)
    with_whom = ", ".join(partner.name for partner in earlier)
    keep_revision(activity, "joint_activity", by=by, partners=with_whom)
    activity.held_on, activity.topic = answer["held_on"], answer["topic"]
    activity.outcome = answer["outcome"] or ""
    flag_modified(activity, "topic")  # other partners alone make a new version too
    db.session.execute(delete(JointPartner).where(JointPartner.activity_id == activity.id))
    _set_partners(activity, partners)
    audit.record("activity.correct", "joint_activity", activity.id, by=by, unit_id=activity.unit_id)


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": answer["kind"],
        "name": answer["name"],
        "contact": answer["contact"] or "",
        "agreement": answer["agreement"] or "",
        "active_from": answer["active_from"],
        "active_until": answer["active_until"],
    }


def _check(unit_id: UUID, answer: dict[str, Any], *, but: UUID | None) -> None:
    until = answer["active_until"]
    if until and until < answer["active_from"]:
        raise RuleBroken(_l("The last day lies before the first."), field="active_until")
    if find_double(unit_id, answer["kind"], answer["name"], but):
        message = _l("This partner stands in the list already: same kind, same name.")
        raise RuleBroken(message, field="name")


def _check_days(answer: dict[str, Any], partners: Sequence[Partner]) -> None:
    on = answer["held_on"]
    for partner in partners:
        if partner.active_from > on or (partner.active_until and partner.active_until < on):
            message = _l("%(name)s was no partner on this day.", name=partner.name)
            raise RuleBroken(message, field="partners")


def _set_partners(activity: JointActivity, partners: Sequence[Partner]) -> None:
    db.session.add_all(
        JointPartner(activity_id=activity.id, partner_id=partner.id) for partner in partners
    )
