"""Reading who is entrusted with what: caseloads, covers, cases that nobody looks after, keys that a
coordinator still lacks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from casework.authz.enforce import Access
from casework.authz.permissions import Permission, Role
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.cases.queries import get_case_where, in_force, own_in_force, reached
from casework.confidential.groups.models import Facilitator
from casework.confidential.groups.queries import leads_today, led_by
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import name_key, words_key
from casework.organisation.accounts import queries as accounts
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.bodies.models import Group
from casework.vault import grants
from casework.vault.grants import Grant, Use, unexpired

Subjects = Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Caseload:
    """Somebody to whom cases or groups of the access's units are entrusted, and how many."""

    account: Account
    works_here: bool
    open_cases: int
    closed_cases: int
    covers: int
    groups: int


@dataclass(frozen=True, slots=True)
class Entrusted:
    """All that is entrusted to one account: its own cases, closed ones too, and its groups."""

    account: Account
    cases: Sequence[Case]
    groups: Sequence[Group]

    @property
    def open_cases(self) -> list[Case]:
        """The cases in which support goes on."""
        return [case for case in self.cases if case.is_open]


def list_caseloads(access: Access) -> Sequence[Caseload]:
    """To whom cases and groups of the access's units are entrusted, those who no longer work there
    first.
    """
    cases = _count_cases(access)
    groups = _count_groups(access)
    query = select(Account).where(Account.id.in_({*cases, *groups}))
    working = set(db.session.scalars(_counselors(access)))
    found = [
        Caseload(each, each.id in working, *cases.get(each.id, (0, 0, 0)), groups.get(each.id, 0))
        for each in db.session.scalars(query)
    ]
    return sorted(found, key=lambda line: (line.works_here, name_key(line.account.display_name)))


def get_entrusted(access: Access, account_id: UUID) -> Entrusted:
    """What is entrusted to an account within reach, or to oneself. Raises OutOfReach."""
    account = db.session.get(Account, account_id)
    cases = _list_own_cases(access, account_id)
    groups = _list_groups(access, account_id)
    if account is None or not (cases or groups):
        raise OutOfReach
    return Entrusted(account, cases, groups)


def list_without_counselor(access: Access) -> Sequence[tuple[Case, str]]:
    """Open cases that nobody looks after: whoever they are entrusted to may no longer sign in, or
    is no counselor of the unit any more. With the last one's name.
    """
    able = (
        select(Assignment.id)
        .join(Account, Account.id == Assignment.account_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(
            Assignment.case_id == Case.id,
            own_in_force(),
            accounts.may_sign_in(),
            AccountRole.unit_id == Case.unit_id,
            AccountRole.role == Role.COUNSELOR,
            accounts.in_force(today()),
        )
    )
    last = (
        select(Account.display_name)
        .join(Assignment, Assignment.account_id == Account.id)
        .where(Assignment.case_id == Case.id, ~Assignment.is_cover)
        .order_by(Assignment.until_on.is_not(None), Assignment.from_on.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    query = (
        select(Case, last)
        .where(reached(access), Case.closed_on.is_(None), ~able.correlate(Case).exists())
        .order_by(Case.opened_on, Case.reference)
    )
    return [(case, name or "—") for case, name in db.session.execute(query)]


def get_case_to_entrust(access: Access, case_id: UUID) -> Case:
    """A case whose cover one may arrange: one's own, or one of the coordinated unit. Who covers a
    case does not pass it on. Raises OutOfReach.
    """
    own = select(Assignment.case_id).where(
        Assignment.account_id == access.account_id, own_in_force()
    )
    is_own = or_(Case.id.in_(own), access.within(Case.unit_id))
    return get_case_where(Case.id == case_id, reached(access), is_own)


def list_possible_counselors(case: Case) -> Sequence[Account]:
    """Who may take a case over: the counselors of its unit who do not have it already, with its
    keys.
    """
    readers = grants.holders_of(case.id)
    own = select(Assignment.account_id).where(Assignment.case_id == case.id, own_in_force())
    having = readers & set(db.session.scalars(own))
    counselors = accounts.list_role_holders(case.unit_id, Role.COUNSELOR)
    return [account for account in counselors if account.id not in having]


def list_assignments_of(cases: Iterable[Case]) -> Sequence[Assignment]:
    """The assignments and covers of cases in force today."""
    ids = [case.id for case in cases]
    return db.session.scalars(
        select(Assignment).where(Assignment.case_id.in_(ids), in_force())
    ).all()


def list_covers_by(account_id: UUID, units: Iterable[UUID]) -> Sequence[Assignment]:
    """The covers an account gives in units today."""
    query = (
        select(Assignment)
        .join(Case, Case.id == Assignment.case_id)
        .where(
            Assignment.account_id == account_id,
            Assignment.is_cover,
            in_force(),
            Case.unit_id.in_(list(units)),
        )
    )
    return db.session.scalars(query).all()


def list_leaders(groups: Iterable[Group]) -> Sequence[Facilitator]:
    """Who leads these groups today."""
    ids = [group.id for group in groups]
    return db.session.scalars(
        select(Facilitator).where(Facilitator.group_id.in_(ids), leads_today())
    ).all()


def list_without_custody(access: Access) -> Sequence[tuple[Account, Subjects, Subjects]]:
    """Coordinators who lack keys of cases or groups that the account can open: who, which cases,
    which groups. Only of the unit to which the case or the group belongs.
    """
    cases = _without_custody(Case, reached(access), access)
    groups = _without_custody(Group, led_by(access), access)
    query = select(Account).where(Account.id.in_({*cases, *groups}))
    found = [
        (account, cases.get(account.id, []), groups.get(account.id, []))
        for account in db.session.scalars(query)
    ]
    return sorted(found, key=lambda each: name_key(each[0].display_name))


def names_of_holders(subject_ids: Iterable[UUID]) -> Sequence[str]:
    """Who could pass keys of these subjects on, by name: staff who may sign in."""
    query = (
        select(Account.display_name)
        .join(Grant, Grant.holder_id == Account.id)
        .where(Grant.subject_id.in_(list(subject_ids)), unexpired(), accounts.may_sign_in())
        .distinct()
    )
    return sorted(db.session.scalars(query), key=name_key)


def _count_cases(access: Access) -> dict[UUID, tuple[int, int, int]]:
    """Open and closed cases of one's own, and covers, by account."""
    is_own = ~Assignment.is_cover
    query = (
        select(
            Assignment.account_id,
            func.count().filter(is_own, Case.closed_on.is_(None)),
            func.count().filter(is_own, Case.closed_on.is_not(None)),
            func.count().filter(Assignment.is_cover),
        )
        .join(Case, Case.id == Assignment.case_id)
        .where(reached(access), in_force())
        .group_by(Assignment.account_id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in db.session.execute(query)}


def _count_groups(access: Access) -> dict[UUID, int]:
    query = (
        select(Facilitator.account_id, func.count())
        .join(Group, Group.id == Facilitator.group_id)
        .where(_groups_within(access), leads_today())
        .group_by(Facilitator.account_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _list_own_cases(access: Access, account_id: UUID) -> Sequence[Case]:
    own = select(Assignment.case_id).where(Assignment.account_id == account_id, own_in_force())
    # Who stands in for somebody reaches their case, but does not pass it on.
    passes_on = access.within(Case.unit_id) if account_id != access.account_id else true()
    query = (
        select(Case)
        .where(reached(access), passes_on, Case.id.in_(own))
        .order_by(Case.closed_on.is_not(None), Case.opened_on, Case.reference)
    )
    return db.session.scalars(query).all()


def _list_groups(access: Access, account_id: UUID) -> Sequence[Group]:
    led = select(Facilitator.group_id).where(Facilitator.account_id == account_id, leads_today())
    query = select(Group).where(_groups_within(access), Group.id.in_(led))
    return sorted(db.session.scalars(query), key=lambda group: words_key(group.name))


def _groups_within(access: Access) -> ColumnElement[bool]:
    groups = access.identity.access(Permission.GROUP_ASSIGN)
    return groups.within(Group.unit_id) if groups else false()


def _counselors(access: Access) -> Select[UUID]:
    return (
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(
            AccountRole.unit_id.in_(access.units),
            AccountRole.role == Role.COUNSELOR,
            accounts.in_force(today()),
            accounts.may_sign_in(),
        )
    )


def _without_custody(
    kind: type[Case] | type[Group], own: ColumnElement[bool], access: Access
) -> dict[UUID, list[UUID]]:
    mine = select(Grant.subject_id).where(
        Grant.holder_id == access.account_id, Grant.use == Use.READ, unexpired()
    )
    kept = select(Grant.id).where(
        Grant.holder_id == AccountRole.account_id,
        Grant.subject_id == kind.id,
        Grant.use == Use.CUSTODY,
    )
    query = (
        select(AccountRole.account_id, kind.id)
        .join(kind, kind.unit_id == AccountRole.unit_id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(
            own,
            kind.id.in_(mine),
            AccountRole.role == Role.COORDINATOR,
            accounts.in_force(today()),
            accounts.may_sign_in(),
            AccountRole.account_id != access.account_id,
            ~kept.correlate(AccountRole, kind).exists(),
        )
        .distinct()
    )
    found: dict[UUID, list[UUID]] = {}
    for account_id, subject_id in db.session.execute(query):
        found.setdefault(account_id, []).append(subject_id)
    return found
