"""Drawing the files of a blind sample: by chance that nobody can foresee, and once."""

from secrets import SystemRandom

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.confidential.samples.models import SampledCase
from casework.confidential.samples.queries import list_drawable
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.samples.models import PaperSample
from casework.organisation.samples.operations import note_shown


def draw(sample: PaperSample, *, by: Actor) -> None:
    """Draw as many cases as were asked for, or all there are. What was drawn stays as it is, so
    that nobody draws until the files are to their liking. Raises RuleBroken.
    """
    db.session.execute(select(PaperSample.id).where(PaperSample.id == sample.id).with_for_update())
    db.session.refresh(sample)
    if sample.closed_at is not None:
        raise RuleBroken(_l("The visit is over: this sample is closed."))
    if sample.shown_at is not None:
        return
    cases = list_drawable(sample.unit_id)
    chosen = SystemRandom().sample(cases, min(sample.size, len(cases)))
    db.session.add_all(
        SampledCase(sample_id=sample.id, position=position, case_id=case_id)
        for position, case_id in enumerate(chosen, start=1)
    )
    note_shown(sample, by=by)
