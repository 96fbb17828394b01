"""Reading cases. One rule says which cases an access reaches; lists and single reads share it.

A case may be opened out of turn besides: then its door opens, though no list shows it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from casework.authz.enforce import Access, current_identity
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Assignment, Case, Episode, PersonIdentity
from casework.confidential.cases.rules import Birth
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, name_key
from casework.organisation.accounts.models import Account
from casework.organisation.units.models import Unit
from casework.vault.grants import (
    Compartment,
    Grant,
    Keyring,
    Use,
    current_keyring,
    unexpired,
)

PAGE = 25
SEARCH_FROM = 2


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as lists show it. `name` is empty for those who may only see codes."""

    id: UUID
    reference: str
    name: str
    alias: str
    target_group: str
    status: str
    opened_on: date
    next_on: date | None
    is_open: bool
    birth_year: int | None
    is_erased: bool

    @property
    def name_key(self) -> tuple[object, ...]:
        """Its place in the order of names; without a name, of codes."""
        return name_key(self.name or self.alias), self.reference

    def matches(self, folded: str) -> bool:
        """Whether the folded words occur in the name, the alias or the code."""
        return any(folded in fold(text) for text in (self.name, self.alias, self.reference))


@dataclass(frozen=True, slots=True)
class Turned:
    """One page of a list: its lines, and whether there are more before and behind."""

    lines: Sequence[CaseLine]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """Somebody who stands in for the counselor of a case."""

    account_id: UUID
    name: str
    last_day: date | None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What every page of a case asks."""

    may_write: bool
    cover: Cover | None


def reached(access: Access) -> ColumnElement[bool]:
    """The cases an access reaches: those assigned to the account, or those of its units.

    Of an erased case the code and the dates are left; nothing else about it is reached.
    """
    own = and_(Case.id.in_(_assigned(access.account_id)), access.own(Case.unit_id))
    found = or_(own, access.within(Case.unit_id))
    if access.permission is Permission.CASE_LIST:
        return found
    return and_(found, Case.erased_at.is_(None))


Door = Callable[[Access], ColumnElement[bool]]
_doors: list[Door] = []


def also_open(door: Door) -> None:
    """Have the doors of further cases open to an access, though no list shows them. What opens a
    case out of turn says so here; cases don't know it.
    """
    _doors.append(door)


def opened(access: Access) -> ColumnElement[bool]:
    """The cases whose doors open: those reached, and those open out of turn."""
    out_of_turn = or_(false(), *(door(access) for door in _doors))
    return or_(reached(access), and_(Case.erased_at.is_(None), out_of_turn))


def get_case(access: Access, case_id: UUID) -> Case:
    """A case that opens to this access. Raises OutOfReach, alike for foreign and absent ones."""
    return get_case_where(Case.id == case_id, opened(access))


def get_case_where(*conditions: ColumnElement[bool]) -> Case:
    """The case that meets conditions, with what every page about it asks. Raises OutOfReach."""
    row = db.session.execute(_with_standing().where(*conditions)).first()
    if row is None:
        raise OutOfReach
    return _keep_standing(row)


def get_person(case: Case, access: Access) -> PersonIdentity:
    """Who the person is. Leaves a row in the log before anything is shown."""
    audit.record_read("case.read", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    return db.session.get_one(PersonIdentity, case.id)


def find_person(case: Case, access: Access | None) -> PersonIdentity | None:
    """Who the person is, for those entrusted with the case; None for those who may only see its
    code.
    """
    if access is None:
        return None
    if db.session.scalar(select(Case.id).where(Case.id == case.id, opened(access))) is None:
        return None
    return get_person(case, access)


def find_birth(case: Case) -> Birth | None:
    """When the person was born: the day where it is known and can be opened, else the year."""
    person = db.session.get(PersonIdentity, case.id)
    try:
        return Birth.read(person.birth_date) if person is not None else None
    except ValueError:  # nothing was written, or it does not open
        return Birth(case.birth_year) if case.birth_year is not None else None


def list_cases(
    access: Access, *, closed: bool = False, aliases: bool = False
) -> Sequence[CaseLine]:
    """The open (or closed) cases of an access in the order of names, with the names it has keys
    for.

    One statement fetches cases, sealed names and grants; the caller logs which lines it shows. An
    alias is opened where there is no name, or where `aliases` are asked for.
    """
    condition = Case.closed_on.is_not(None) if closed else Case.closed_on.is_(None)
    return _list_lines(access, condition, aliases)


def find_line(access: Access, case_id: UUID) -> CaseLine | None:
    """One case, open or closed, as lists show it."""
    return next(iter(_list_lines(access, Case.id == case_id)), None)


def _list_lines(
    access: Access, condition: ColumnElement[bool], aliases: bool = False
) -> Sequence[CaseLine]:
    ring = current_keyring()
    query = (
        select(
            Case.id,
            Case.reference,
            Case.target_group,
            Case.status,
            Case.opened_on,
            Case.next_on,
            Case.closed_on,
            Case.birth_year,
            Case.erased_at,
            PersonIdentity.name_sealed,
            PersonIdentity.alias_sealed,
            Grant.data_key_id,
            Grant.is_hpke,
            Grant.wrapped,
        )
        .join(PersonIdentity, PersonIdentity.id == Case.id)
        .outerjoin(Grant, _own_identity_grant(ring.holder_id))
        .where(reached(access), condition)
    )
    rows = db.session.execute(query).all()
    ring.take(
        (row.data_key_id, row.id, Compartment.IDENTITY, Use.READ, row.is_hpke, row.wrapped)
        for row in rows
        if row.wrapped is not None
    )
    # A rotated key gives a case two grants, and so two rows.
    lines = [_line(ring, row, aliases) for row in {row.id: row for row in rows}.values()]
    return sorted(lines, key=lambda line: line.name_key)


def search_cases(access: Access, words: str) -> Sequence[CaseLine]:
    """The account's own cases, open or closed, whose name, alias or code holds the words.

    Decrypts in memory: no index of names exists that a thief could rank.
    """
    folded = fold(words)
    if len(folded) < SEARCH_FROM:
        return []
    both = [
        *list_cases(access, aliases=True),
        *list_cases(access, closed=True, aliases=True),
    ]
    return sorted((line for line in both if line.matches(folded)), key=lambda line: line.name_key)


def turn_page(
    lines: Sequence[CaseLine],
    key: Callable[[CaseLine], tuple[Any, ...]],
    *,
    after: CaseLine | None = None,
    before: CaseLine | None = None,
) -> Turned:
    """The page behind (or before) a line of a list sorted by `key`.

    The line itself need not be listed any more: a case closed meanwhile still says where one was.
    """
    start = 0
    if after is not None:
        start = bisect_right(lines, key(after), key=key)
    elif before is not None:
        start = max(0, bisect_left(lines, key(before), key=key) - PAGE)
    page = lines[start : start + PAGE]
    return Turned(page, start > 0, start + PAGE < len(lines))


def list_assignments(case: Case) -> Sequence[tuple[Assignment, str]]:
    """To whom the case was entrusted, newest first, with names."""
    query = (
        select(Assignment, Account.display_name)
        .join(Account, Account.id == Assignment.account_id)
        .where(Assignment.case_id == case.id)
        .order_by(Assignment.from_on.desc(), Assignment.until_on.is_(None).desc())
    )
    return [(assignment, name) for assignment, name in db.session.execute(query)]


def current_assignments(case: Case) -> Sequence[Assignment]:
    """The assignments in force."""
    query = select(Assignment).where(Assignment.case_id == case.id, in_force())
    return db.session.scalars(query).all()


def current_episode(case: Case) -> Episode:
    """The stretch of support that goes on; of a closed case, the last one."""
    query = (
        select(Episode)
        .where(Episode.case_id == case.id)
        .order_by(Episode.closed_on.is_not(None), Episode.opened_on.desc(), Episode.id)
        .limit(1)
    )
    return db.session.scalars(query).one()


def list_episodes(case: Case) -> Sequence[Episode]:
    """Every stretch of support, newest first."""
    query = (
        select(Episode)
        .where(Episode.case_id == case.id)
        .order_by(Episode.closed_on.is_not(None), Episode.opened_on.desc())
    )
    return db.session.scalars(query).all()


def may_write(case: Case) -> bool:
    """Whether the signed-in account may write in this very case: for links and buttons. Who opened
    it out of turn, or sees its dates only, may not.
    """
    return _standing(case).may_write


def find_cover(case: Case) -> Cover | None:
    """Who stands in for the case's counselor today: for the head of its pages."""
    return _standing(case).cover


def unit_of(case: Case) -> Unit:
    """The unit the case belongs to."""
    return db.session.get_one(Unit, case.unit_id)


def in_force() -> ColumnElement[bool]:
    """The assignments that hold today. One ends on the day it is handed over, and does not hold
    then.
    """
    return or_(Assignment.until_on.is_(None), Assignment.until_on > today())


def own_in_force() -> ColumnElement[bool]:
    """The assignments of today but for covers."""
    return ~Assignment.is_cover & in_force()


def _standing(case: Case) -> _Standing:
    """Known since the case was loaded for this request, or asked now."""
    known: dict[UUID, _Standing] = g.setdefault("standing", {})
    if case.id not in known:
        _keep_standing(db.session.execute(_with_standing().where(Case.id == case.id)).one())
    return known[case.id]


def _with_standing() -> Select[Case, bool, Assignment, str]:
    """Cases with what every page about them asks, in one statement."""
    write = current_identity().access(Permission.CASE_WRITE)
    is_cover = and_(Assignment.case_id == Case.id, Assignment.is_cover, in_force())
    return (
        select(Case, reached(write) if write else false(), Assignment, Account.display_name)
        .outerjoin(Assignment, is_cover)
        .outerjoin(Account, Account.id == Assignment.account_id)
    )


def _keep_standing(row: Any) -> Case:
    case: Case = row[0]
    may_write, held, name = row[1:]
    cover = Cover(held.account_id, name, held.last_day) if held else None
    g.setdefault("standing", {})[case.id] = _Standing(bool(may_write), cover)
    return case


def _assigned(account_id: UUID) -> Select[Any]:
    return select(Assignment.case_id).where(Assignment.account_id == account_id, in_force())


def _own_identity_grant(holder_id: UUID) -> ColumnElement[bool]:
    return and_(
        Grant.subject_id == Case.id,
        Grant.holder_id == holder_id,
        Grant.compartment == Compartment.IDENTITY,
        Grant.use == Use.READ,
        unexpired(),
    )


def _line(ring: Keyring, row: Any, aliases: bool) -> CaseLine:
    name = alias = ""
    if row.wrapped is not None:
        name = PersonIdentity.name.open(ring, row.name_sealed, row.id, "identities", row.id)
    if row.wrapped is not None and (aliases or not name):
        alias = PersonIdentity.alias.open(ring, row.alias_sealed, row.id, "identities", row.id)
    return CaseLine(
        row.id,
        row.reference,
        name,
        alias,
        row.target_group,
        row.status,
        row.opened_on,
        row.next_on,
        row.closed_on is None,
        row.birth_year,
        row.erased_at is not None,
    )
