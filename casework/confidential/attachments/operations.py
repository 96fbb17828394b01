"""Adding a paper to a case and taking it away. Its content and its name are sealed before they
touch a disk; once taken away both are gone, and that there was a paper stays.
"""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from casework.confidential.attachments.models import Attachment, PaperKind
from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.uploads import Upload
from casework.vault.grants import Compartment

# Of at most 5 MB each: a case is no archive.
MOST = 50


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of some kind and day, as it was sent."""

    kind: PaperKind
    on: date
    upload: Upload


def add_paper(case: Case, sent: Paper, *, by: Actor) -> Attachment:
    """Seal a paper into an open case."""
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)
    kept = select(func.count()).where(
        Attachment.case_id == case.id, Attachment.removed_at.is_(None)
    )
    if (db.session.scalar(kept) or 0) >= MOST:
        message = _l("A case holds at most %(most)s papers. Take one away first.", most=MOST)
        raise RuleBroken(message, field="paper")
    paper = Attachment(
        id=uuid4(),
        case_id=case.id,
        kind=sent.kind,
        on=sent.on,
        media_type=sent.upload.media_type,
        size=sent.upload.size,
        filename=sent.upload.filename,
        content=sent.upload.content,
        added_by=by.id,
    )
    db.session.add(paper)
    _note("attachment.add", case, paper, by)
    return paper


def remove_paper(case: Case, paper: Attachment, *, by: Actor) -> None:
    """Take a paper away, of a closed case too: what should not be there is gone for good."""
    if paper.removed_at is not None:
        raise RuleBroken(_l("This paper was taken away before."))
    paper.content_sealed = paper.filename_sealed = None
    paper.removed_by, paper.removed_at = by.id, now()
    _note("attachment.remove", case, paper, by)


def _note(action: str, case: Case, paper: Attachment, by: Actor) -> None:
    audit.record(action, "case", case.id, by=by, unit_id=case.unit_id, paper=str(paper.id))
