"""Reading reminders. Queries take the case, not its id: holding the case is the proof."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.reminders.models import Reminder
from casework.core.database import db
from casework.core.errors import OutOfReach


def list_reminders(case: Case) -> Sequence[Reminder]:
    """Every reminder of a case, whoever set it; the one due first comes first."""
    query = select(Reminder).where(Reminder.case_id == case.id)
    return db.session.scalars(query.order_by(Reminder.due_on, Reminder.recorded_at)).all()


def get_reminder(case: Case, reminder_id: UUID) -> Reminder:
    """A reminder of this case. Raises OutOfReach."""
    query = select(Reminder).where(Reminder.case_id == case.id, Reminder.id == reminder_id)
    reminder = db.session.scalar(query)
    if reminder is None:
        raise OutOfReach
    return reminder
