"""Keeping a review: how many accounts stay, which are questioned, what was found."""

from collections.abc import Sequence
from uuid import UUID

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.access_reviews.queries import find_review, this_month
from casework.organisation.history.operations import keep_revision
from casework.organisation.units.models import Unit


def keep_review(
    unit: Unit | None, *, kept: int, questioned: Sequence[UUID], note: str, by: Actor
) -> AccessReview:
    """The review of this month. A second one in a month replaces what the first said, which stays
    in its history. Each questioned account leaves a row in the log.
    """
    review = find_review(unit, this_month())
    if review is None:
        review = AccessReview(unit_id=unit.id if unit else None, month=this_month())
        db.session.add(review)
    else:
        keep_revision(review, "access_review", by=by)
    review.kept, review.questioned, review.note = kept, len(questioned), note
    review.reviewed_by, review.reviewed_at = by.id, now()
    unit_id = review.unit_id
    for account_id in questioned:
        audit.record("access.question", "account", account_id, by=by, unit_id=unit_id)
    audit.record(
        "access.review",
        "access_review",
        review.id,
        by=by,
        unit_id=unit_id,
        kept=kept,
        questioned=len(questioned),
    )
    return review
