"""Changing rounds: what any feature of a round does to the inspection it belongs to."""

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.forms import RuleBroken
from casework.inspection.inspections.models import Inspection, InspectionStatus
from casework.inspection.inspections.queries import is_on_team

_ORDER = list(InspectionStatus)


def require_team(inspection: Inspection, *, by: Actor) -> None:
    """Only the team of a round writes in its inspections. Raises RuleBroken."""
    if by.id is None or not is_on_team(inspection.plan_id, by.id):
        raise RuleBroken(_l("Only the team of this inspection may write here."))


def advance(inspection: Inspection, status: InspectionStatus, *, by: Actor) -> None:
    """Bring an inspection as far as `status`, never back."""
    if _ORDER.index(status) <= _ORDER.index(InspectionStatus(inspection.status)):
        return
    inspection.status = status
    audit.record(
        f"inspection.{status}", "inspection", inspection.id, by=by, unit_id=inspection.unit_id
    )
