"""Keeping statutory statuses. Another office gives and ends them; here stand the kind and the days,
and the program computes when they end.

Law 73/2021/QH14 on drug control, Article 40: management after rehabilitation of persons from 12 to
under 18 years is a kind of its own. How long each kind lasts is a dated setting of the province.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.cases.queries import find_birth
from casework.confidential.cases.rules import ADULT_AGE
from casework.confidential.history.operations import forget_revisions, keep_revision
from casework.confidential.statutory.models import StatutoryKind, StatutoryStatus
from casework.confidential.statutory.queries import list_statuses, rule_of
from casework.confidential.statutory.rules import last_day
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.vault.grants import Compartment

YOUNGEST = 12
KEPT = ("kind", "from_on", "until_on", "ended_on")


@dataclass(frozen=True, slots=True)
class Given:
    """What an authority decided: the kind, the first day, and the day it was ended early, if it
    was.
    """

    kind: StatutoryKind
    from_on: date
    ended_on: date | None = None


def record_status(case: Case, given: Given, *, by: Actor) -> StatutoryStatus:
    """Keep a status of an open case; its last day follows from the setting of its first."""
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    status = StatutoryStatus(
        id=uuid4(),
        case_id=case.id,
        kind=given.kind,
        from_on=given.from_on,
        until_on=_checked(case, given, but=None),
        ended_on=given.ended_on,
        recorded_by=by.id,
    )
    db.session.add(status)
    audit.record("statutory.record", "case", case.id, by=by, unit_id=case.unit_id)
    return status


def correct_status(case: Case, status: StatutoryStatus, given: Given, *, by: Actor) -> None:
    """Change a status, or note that it was ended. What it said before stays readable."""
    check_key(case, Compartment.NOTES)
    until_on = _checked(case, given, but=status.id)
    keep_revision(status, "statutory_status", KEPT, by=by)
    status.kind, status.from_on = given.kind, given.from_on
    status.until_on, status.ended_on = until_on, given.ended_on
    audit.record("statutory.correct", "case", case.id, by=by, unit_id=case.unit_id)


def remove_status(case: Case, status: StatutoryStatus, *, by: Actor) -> None:
    """Take a status away that was written down by mistake: nobody carries one they never had."""
    forget_revisions(status)
    db.session.delete(status)
    audit.record("statutory.remove", "case", case.id, by=by, unit_id=case.unit_id)


def _checked(case: Case, given: Given, *, but: UUID | None) -> date:
    """The computed last day of a status that may stand. Raises RuleBroken."""
    _check_age(case, given)
    until_on = last_day(given.from_on, rule_of(case, given.kind, given.from_on).months)
    if given.ended_on is not None and not given.from_on <= given.ended_on <= until_on:
        message = _l(
            "It ran from %(first)s to %(last)s.", first=day(given.from_on), last=day(until_on)
        )
        raise RuleBroken(message, field="ended_on")
    last_on = given.ended_on or until_on
    for line in list_statuses(case):
        overlaps = line.status.from_on <= last_on and given.from_on <= line.last_on
        if line.status.id != but and overlaps:
            message = _l(
                "Another status runs from %(first)s to %(last)s. Note first that it was ended.",
                first=day(line.status.from_on),
                last=day(line.last_on),
            )
            raise RuleBroken(message, field="from_on")
    return until_on


def _check_age(case: Case, given: Given) -> None:
    """A kind of its own holds from 12 to under 18 years; the others from 18 on. Where the day of
    birth is not known, any age that the year allows will do.
    """
    birth = find_birth(case)
    if birth is None:
        if given.kind is StatutoryKind.PR_MINOR:
            raise RuleBroken(_l("Enter when the person was born first."), field="kind")
        return
    least, most = birth.least_age(given.from_on), birth.most_age(given.from_on)
    if most < YOUNGEST:
        raise RuleBroken(_l("On that day the person is under 12."), field="from_on")
    if given.kind is StatutoryKind.PR_MINOR and least >= ADULT_AGE:
        raise RuleBroken(_l("On that day the person is 18 or older."), field="kind")
    if given.kind is not StatutoryKind.PR_MINOR and most < ADULT_AGE:
        raise RuleBroken(_l("On that day the person is under 18: choose that kind."), field="kind")
