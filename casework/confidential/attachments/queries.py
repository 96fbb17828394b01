"""Reading the papers of a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from casework.confidential.attachments.models import Attachment, PaperKind
from casework.confidential.cases.models import Case
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.uploads import ENDINGS
from casework.organisation.accounts.queries import names_of


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper with who added it and who took it away."""

    paper: Attachment
    added_by: str
    removed_by: str

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return PaperKind(self.paper.kind).label


def list_papers(case: Case) -> list[PaperLine]:
    """The papers of a case, newest first; those taken away too."""
    query = (
        select(Attachment)
        .where(Attachment.case_id == case.id)
        .order_by(Attachment.on.desc(), Attachment.added_at.desc())
    )
    papers: Sequence[Attachment] = db.session.scalars(query).all()
    names = names_of([who for each in papers for who in (each.added_by, each.removed_by)])
    return [
        PaperLine(each, names.get(each.added_by, "—"), names.get(each.removed_by, "—"))
        for each in papers
    ]


def get_paper(case: Case, paper_id: UUID) -> Attachment:
    """A paper of this case, one taken away too. Raises OutOfReach."""
    query = select(Attachment).where(Attachment.id == paper_id, Attachment.case_id == case.id)
    paper = db.session.scalar(query)
    if paper is None:
        raise OutOfReach
    return paper


def saved_as(case: Case, paper: Attachment) -> str:
    """The name under which a paper is saved on a computer: it says nothing of the person."""
    return f"{case.reference}-{paper.on:%Y-%m-%d}{ENDINGS[paper.media_type]}"
