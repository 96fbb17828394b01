"""Asking a unit for files, noting that it saw which ones, and closing the request."""

from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.samples.models import PaperSample

LARGEST = 10


def ask_for_sample(unit_id: UUID, size: int, *, by: Actor) -> PaperSample:
    """Ask a unit for so many files, 1 to 10. Raises RuleBroken."""
    if not 1 <= size <= LARGEST:
        message = _l("A number from %(least)s to %(most)s.", least=1, most=LARGEST)
        raise RuleBroken(message, field="size")
    sample = PaperSample(unit_id=unit_id, size=size, asked_by=by.id)
    db.session.add(sample)
    audit.record("sample.ask", "sample", sample.id, by=by, unit_id=unit_id, size=size)
    return sample


def note_shown(sample: PaperSample, *, by: Actor) -> None:
    """The unit saw which files are meant. How many there were is not noted here."""
    sample.shown_by, sample.shown_at = by.id, now()
    audit.record("sample.draw", "sample", sample.id, by=by, unit_id=sample.unit_id)


def close_sample(sample: PaperSample, *, by: Actor) -> None:
    """No code of it is shown from now on."""
    if sample.closed_at is None:
        sample.closed_at = now()
        audit.record("sample.close", "sample", sample.id, by=by, unit_id=sample.unit_id)
