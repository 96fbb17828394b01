"""Reading contacts. Queries take the case, not its id: holding the case is the proof.

What was taken back stands apart: it counts nowhere.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select

from casework.confidential.cases.models import Case
from casework.confidential.contacts.models import Contact, ContactRevision
from casework.core.database import db
from casework.core.errors import OutOfReach


def list_contacts(case: Case) -> tuple[list[Contact], list[Contact]]:
    """Every contact, newest first; and apart, what was logged by mistake."""
    found = db.session.scalars(_of(case)).all()
    standing = [contact for contact in found if contact.taken_back_at is None]
    return standing, [contact for contact in found if contact.taken_back_at is not None]


def list_newest(case: Case, count: int) -> Sequence[Contact]:
    """So many of the newest contacts."""
    return db.session.scalars(_standing(case).limit(count)).all()


def count_contacts(case: Case) -> int:
    """How many contacts there were."""
    query = select(func.count()).where(Contact.case_id == case.id, Contact.taken_back_at.is_(None))
    return db.session.scalar(query) or 0


def find_latest(case: Case) -> Contact | None:
    """The latest contact: what it says of the next appointment is what holds."""
    return db.session.scalar(_standing(case).limit(1))


def get_contact(case: Case, contact_id: UUID) -> Contact:
    """A contact of this case. Raises OutOfReach."""
    query = select(Contact).where(Contact.id == contact_id, Contact.case_id == case.id)
    contact = db.session.scalar(query)
    if contact is None:
        raise OutOfReach
    return contact


def list_revisions(contact: Contact) -> Sequence[ContactRevision]:
    """What the contact said before each correction, newest first."""
    query = (
        select(ContactRevision)
        .where(ContactRevision.contact_id == contact.id)
        .order_by(ContactRevision.replaced_at.desc())
    )
    return db.session.scalars(query).all()


def _of(case: Case) -> Select[Contact]:
    newest = (Contact.on.desc(), Contact.recorded_at.desc())
    return select(Contact).where(Contact.case_id == case.id).order_by(*newest)


def _standing(case: Case) -> Select[Contact]:
    return _of(case).where(Contact.taken_back_at.is_(None))
