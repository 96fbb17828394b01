"""Word to the units of a province that a month's figures are out; gone once it was read.

It says which month, and nothing of what stands in it. Only the newest edition is told of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select

from casework.anonymisation.models import NoticeRead, Publication
from casework.authz.enforce import Access
from casework.core.clock import now
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.units.models import Unit

TOLD_FOR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Notice:
    """Figures of a province that are out."""

    publication: Publication
    province: Unit

    @property
    def month(self) -> str:
        """10/2026."""
        period = self.publication.period
        return f"{period[5:]}/{period[:4]}"


def list_notices(access: Access) -> Sequence[Notice]:
    """The newest edition of each province around an account, unless the account has read of it."""
    read = exists().where(
        NoticeRead.publication_id == Publication.id, NoticeRead.account_id == access.account_id
    )
    around = select(Unit.province_id).where(access.within(Unit.id, Unit.province_id))
    query = (
        select(Publication, Unit, read)
        .join(Unit, Unit.id == Publication.province_id)
        .where(
            Publication.province_id.in_(around),
            Publication.published_at > now() - TOLD_FOR,
        )
        .order_by(Publication.period)
    )
    newest = {
        publication.province_id: (Notice(publication, province), is_read)
        for publication, province, is_read in db.session.execute(query)
    }
    return [notice for notice, is_read in newest.values() if not is_read]


def get_notice(access: Access, publication_id: UUID) -> Notice:
    """A notice for this account, read or not. Raises OutOfReach."""
    around = select(Unit.province_id).where(access.within(Unit.id, Unit.province_id))
    query = (
        select(Publication, Unit)
        .join(Unit, Unit.id == Publication.province_id)
        .where(
            Publication.id == publication_id,
            Publication.province_id.in_(around),
            Publication.published_at.is_not(None),
        )
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Notice(row[0], row[1])


def note_read(notice: Notice, account_id: UUID) -> None:
    """The account knows. A second time changes nothing."""
    known = select(NoticeRead.id).where(
        NoticeRead.account_id == account_id, NoticeRead.publication_id == notice.publication.id
    )
    if db.session.scalar(known) is None:
        db.session.add(NoticeRead(account_id=account_id, publication_id=notice.publication.id))
