"""Reading a whole caseload, to be taken out; and who of a log seems to be known already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import reached
from casework.confidential.intake.queries import LikelyCase, Named, list_likely_of
from casework.confidential.intake.rules import Known
from casework.core.database import db
from casework.core.text import name_key
from casework.organisation.units.models import Unit
from casework.vault.grants import current_keyring


@dataclass(frozen=True, slots=True)
class Alike:
    """A row that may tell of somebody known: in rows above it, or in cases one may read."""

    row: int
    rows: Sequence[int]
    cases: Sequence[LikelyCase]


def list_alike(people: Mapping[int, Named]) -> list[Alike]:
    """The people of a log, by row, who may have a case already or stand in it twice. Leaves a row
    in the log about the cases it answers.
    """
    twice, likely = rows_alike(people), list_likely_of(list(people.values()))
    found = [
        Alike(row, twice.get(row, ()), cases) for row, cases in zip(people, likely, strict=True)
    ]
    return [each for each in found if each.rows or each.cases]


def rows_alike(people: Mapping[int, Named]) -> dict[int, Sequence[int]]:
    """By row, the rows above it that may be of the same person. Asks no case."""
    above, found = Known[int](), dict[int, Sequence[int]]()
    for row, named in people.items():
        alike = sorted(other for other, _how in above.find(named.names, named.year))
        if alike:
            found[row] = alike
        above.add(row, named.names, named.year)
    return found


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
