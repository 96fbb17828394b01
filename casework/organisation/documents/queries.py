"""Reading attached files: whoever may read the record may read its papers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.documents.models import AttachedFile
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached

READ_WITH = {
    "body": Permission.BODY_READ,
    "decision": Permission.BODY_READ,
    "regulation": Permission.BODY_READ,
    "minutes": Permission.ACTIVITY_READ,
    "communication": Permission.ACTIVITY_READ,
    "training": Permission.ACTIVITY_READ,
    "plan": Permission.ACTIVITY_READ,
    "movement": Permission.BUDGET_READ,
    "report": Permission.REPORT_READ,
    "partner": Permission.PARTNER_READ,
    "recommendation": Permission.INSPECTION_READ,
    "money_recommendation": Permission.RECOMMENDATION_READ,
    "signed_minutes": Permission.INSPECTION_READ,
}
"""What one must hold to read the files of a kind of record."""

CHANGED_WITH = {
    "body": Permission.BODY_WRITE,
    "decision": Permission.BODY_WRITE,
    "regulation": Permission.BODY_WRITE,
    "minutes": Permission.ACTIVITY_WRITE,
    "communication": Permission.ACTIVITY_WRITE,
    "training": Permission.ACTIVITY_WRITE,
    "plan": Permission.ACTIVITY_APPROVE,
    "movement": Permission.BUDGET_WRITE,
    "report": Permission.REPORT_WRITE,
    "partner": Permission.PARTNER_WRITE,
    "recommendation": Permission.INSPECTION_RESPOND,
    "money_recommendation": Permission.MONEY_RESPOND,
    "signed_minutes": Permission.INSPECTION_WRITE,
}
"""What one must hold to take a file away, unless one put it there oneself."""


def list_files(owner_ids: Sequence[UUID]) -> dict[UUID, list[AttachedFile]]:
    """The files of records, by record, in the order in which they came."""
    found: dict[UUID, list[AttachedFile]] = {owner_id: [] for owner_id in owner_ids}
    query = (
        select(AttachedFile)
        .where(AttachedFile.owner_id.in_(owner_ids), AttachedFile.removed_at.is_(None))
        .order_by(AttachedFile.added_at)
    )
    for file in db.session.scalars(query):
        found[file.owner_id].append(file)
    return found


def list_removable(
    owner_id: UUID, writing: Access | None, account_id: UUID
) -> tuple[list[AttachedFile], list[AttachedFile]]:
    """The files of a record: those that stay, and those an account may take away. Whoever writes
    for whole units (`writing`) takes any away, others what they put there themselves.
    """
    files = list_files([owner_id])[owner_id]
    is_head = writing is not None and bool(writing.units)
    removable = [file for file in files if is_head or file.added_by == account_id]
    return [file for file in files if file not in removable], removable


def get_file(access: Access, file_id: UUID) -> AttachedFile:
    """A file of a record that the account may read. Raises OutOfReach."""
    file = _find(file_id)
    if not may(access, READ_WITH, file):
        raise OutOfReach
    return file


def get_file_to_remove(access: Access, file_id: UUID) -> AttachedFile:
    """A file that the account may take away. Raises OutOfReach."""
    file = get_file(access, file_id)
    if file.added_by != access.account_id and not may(access, CHANGED_WITH, file):
        raise OutOfReach
    return file


def may(access: Access, table: dict[str, Permission], file: AttachedFile) -> bool:
    """Whether the account holds, in the file's unit, what the table asks for its kind."""
    needed = access.identity.access(table[file.owner_kind])
    if needed is None:
        return False
    query = select(Unit.id).where(
        Unit.id == file.unit_id, reached(needed, Unit.id, Unit.province_id)
    )
    return db.session.scalar(query) is not None


def _find(file_id: UUID) -> AttachedFile:
    file = db.session.get(AttachedFile, file_id)
    if file is None or file.removed_at is not None:
        raise OutOfReach
    return file
