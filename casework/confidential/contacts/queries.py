"""Reading contacts. Queries take the case, not its id: holding the case is the proof."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.contacts.models import Contact, ContactRevision
from casework.core.database import db
from casework.core.errors import OutOfReach


def list_contacts(case: Case) -> Sequence[Contact]:
    """Every contact, newest first."""
    query = (
        select(Contact)
        .where(Contact.case_id == case.id)
        .order_by(Contact.on.desc(), Contact.recorded_at.desc())
    )
    return db.session.scalars(query).all()


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
