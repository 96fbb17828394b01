"""Reading a whole caseload, to be taken out."""

from collections.abc import Sequence

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import reached
from casework.core.database import db
from casework.core.text import name_key
from casework.organisation.units.models import Unit
from casework.vault.grants import current_keyring


def list_caseload(access: Access) -> Sequence[tuple[Case, PersonIdentity]]:
    """The open cases of an access with who the persons are, in the order of names."""
    query = (
        select(Case, PersonIdentity)
        .join(PersonIdentity, PersonIdentity.id == Case.id)
        .where(reached(access), Case.closed_on.is_(None))
    )
    rows = [(case, person) for case, person in db.session.execute(query)]
    current_keyring().load(case.id for case, _person in rows)
    return sorted(rows, key=lambda row: (name_key(row[1].name or row[1].alias), row[0].reference))


def list_units(access: Access) -> Sequence[Unit]:
    """The units in which the account takes people in."""
    return db.session.scalars(select(Unit).where(access.within(Unit.id))).all()
