"""Who may sign in, unit by unit, with what a reviewer should see; and what was reviewed before.

Every account that is not disabled stands in the review of each unit in which it holds a role today
(or waits for one). Without any role of today it stands in that of the province in which it worked.
What belongs to no unit (roles for the whole country, accounts that never worked anywhere) is
reviewed by whoever reaches everything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select

from casework.authz.enforce import Access
from casework.authz.permissions import Role
from casework.core.audit import AuditEntry
from casework.core.clock import VIETNAM, add_months, now, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.labels import Labelled
from casework.core.text import name_key, words_key
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.accounts.models import Account, AccountRole, AccountSession
from casework.organisation.accounts.queries import (
    holds_on,
    in_force,
    is_waiting,
    list_roles,
    waiting,
)
from casework.organisation.units.models import Unit

IDLE, MONTHS = timedelta(days=60), 12
_PAIRS = (
    (Role.ACCOUNTANT, Role.UNIT_HEAD),  # keeps the money, and approves its settlement
    (Role.COUNSELOR, Role.UNIT_HEAD),  # reads cases, and must never read one
    (Role.INSPECTOR, Role.UNIT_HEAD),  # inspects what is inspected
    (Role.INSPECTOR, Role.ACCOUNTANT),
    (Role.MANAGER, Role.INSPECTOR),  # approves inspectors
    (Role.MANAGER, Role.ADMINISTRATOR),  # gives roles, and approves them
    (Role.DPO, Role.ADMINISTRATOR),  # watches over whoever administers
)
APART = frozenset(frozenset(pair) for pair in _PAIRS)


class Remark(Labelled):
    """What a reviewer should look at."""

    EXPIRED = "expired", _l("expired")
    NEVER = "never", _l("never signed in")
    IDLE = "idle", _l("not signed in for 60 days")
    NO_ROLE = "no_role", _l("without a role")
    WAITS = "waits", _l("a role waits for approval")
    APART = "apart", _l("two roles that belong to two people")


@dataclass(frozen=True, slots=True)
class Subject:
    """An account under review, with its roles of today and what should be looked at."""

    account: Account
    roles: Sequence[tuple[AccountRole, Unit | None]]
    last_sign_in: datetime | None
    questioned_at: datetime | None
    remarks: Sequence[Remark]


@dataclass(frozen=True, slots=True)
class Scope:
    """A unit to review (None: what belongs to no unit), how many accounts, and its last review."""

    unit: Unit | None
    accounts: int
    last: date | None
    questioned: int

    @property
    def is_done(self) -> bool:
        """Whether it was reviewed this month."""
        return self.last == this_month()

    @property
    def is_late(self) -> bool:
        """Whether last month went by without a review."""
        return self.last is None or self.last < add_months(this_month(), -1)


@dataclass(frozen=True, slots=True)
class Month:
    """What was reviewed in a month."""

    first: date
    reviews: int
    questioned: int

    @property
    def is_missed(self) -> bool:
        """Whether it went by without any review."""
        return not self.reviews and self.first < this_month()


def this_month() -> date:
    """The first day of the month, in Vietnam."""
    return today().replace(day=1)


def list_scopes(access: Access) -> list[Scope]:
    """What is to be reviewed within reach: what is due first, then by province and name."""
    counts = _count_accounts(access)
    last = {unit_id: (month, asked) for unit_id, month, asked in _list_months(access)}
    units = db.session.scalars(select(Unit).where(Unit.id.in_([i for i in counts if i])))
    found: list[Unit | None] = [*units]
    if None in counts:
        found.append(None)
    scopes = []
    for unit in found:
        unit_id = unit.id if unit else None
        month, questioned = last.get(unit_id, (None, 0))
        scopes.append(Scope(unit, counts[unit_id], month, questioned))
    return sorted(scopes, key=_order)


def list_months(access: Access) -> list[Month]:
    """The months since the first account was opened, a year at most, newest first."""
    begun = db.session.scalar(select(func.min(Account.created_at))) or now()
    first = begun.astimezone(VIETNAM).date().replace(day=1)
    done = _list_months(access)
    found = []
    for back in range(MONTHS):
        month = add_months(this_month(), -back)
        if month < first:
            break
        asked = [questioned for _, each, questioned in done if each == month]
        found.append(Month(month, len(asked), sum(asked)))
    return found


def list_reviews(access: Access, month: date) -> list[tuple[AccessReview, Unit | None, str]]:
    """The reviews of a month within reach, with unit and reviewer, in the order of units."""
    query = (
        select(AccessReview, Unit, Account.display_name)
        .outerjoin(Unit, Unit.id == AccessReview.unit_id)
        .outerjoin(Account, Account.id == AccessReview.reviewed_by)
        .where(AccessReview.month == month, access.within(Unit.id, Unit.province_id))
    )
    rows = [(review, unit, name or "") for review, unit, name in db.session.execute(query)]
    return sorted(rows, key=lambda row: words_key(row[1].name) if row[1] else ())


def get_unit_to_review(access: Access, unit_id: UUID | None) -> Unit | None:
    """A unit within reach; None, what belongs to no unit, for whoever reaches everything.

    Raises OutOfReach.
    """
    if unit_id is None:
        if not access.everywhere:
            raise OutOfReach
        return None
    within = access.within(Unit.id, Unit.province_id)
    unit = db.session.scalar(select(Unit).where(Unit.id == unit_id, within))
    if unit is None:
        raise OutOfReach
    return unit


def find_review(unit: Unit | None, month: date) -> AccessReview | None:
    """A unit's review of a month, or None."""
    of_unit = AccessReview.unit_id == unit.id if unit else AccessReview.unit_id.is_(None)
    return db.session.scalar(select(AccessReview).where(of_unit, AccessReview.month == month))


def list_subjects(unit: Unit | None) -> list[Subject]:
    """The accounts of a unit that are not disabled, in the order of names."""
    query = select(Account).where(Account.disabled_at.is_(None), _belongs_to(unit))
    accounts = {account.id: account for account in db.session.scalars(query)}
    roles: dict[UUID, list[tuple[AccountRole, Unit | None]]] = {id_: [] for id_ in accounts}
    for role, place in list_roles(list(accounts)):
        if holds_on(role, today()) or is_waiting(role):
            roles[role.account_id].append((role, place))
    signed_in, questioned = _last_sign_ins(accounts), _last_questions(accounts)
    subjects = [
        Subject(
            account,
            roles[id_],
            signed_in.get(id_),
            questioned.get(id_),
            list(_remarks(account, roles[id_], signed_in.get(id_))),
        )
        for id_, account in accounts.items()
    ]
    return sorted(subjects, key=lambda each: name_key(each.account.display_name))


def belong_apart(
    one: tuple[AccountRole, Unit | None], other: tuple[AccountRole, Unit | None]
) -> bool:
    """Whether two roles should be two people's: a pair of APART where one's unit is the other's, or
    lies in it.
    """
    pair = frozenset((Role(one[0].role), Role(other[0].role)))
    return pair in APART and (_covers(one[1], other[1]) or _covers(other[1], one[1]))


def _covers(wide: Unit | None, narrow: Unit | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and wide.id in (narrow.id, narrow.province_id)


def _remarks(
    account: Account,
    roles: Sequence[tuple[AccountRole, Unit | None]],
    signed_in: datetime | None,
) -> Iterable[Remark]:
    held = [(role, unit) for role, unit in roles if not role.awaits_approval]
    old = account.created_at < now() - IDLE
    if account.has_expired:
        yield Remark.EXPIRED
    if signed_in is None and old:
        yield Remark.NEVER
    if signed_in is not None and signed_in < now() - IDLE:
        yield Remark.IDLE
    if not held:
        yield Remark.NO_ROLE
    if len(held) < len(roles):
        yield Remark.WAITS
    if any(belong_apart(one, other) for one, other in combinations(held, 2)):
        yield Remark.APART


def _current() -> ColumnElement[bool]:
    return in_force(today()) | waiting()


def _without_role() -> ColumnElement[bool]:
    return Account.id.not_in(select(AccountRole.account_id).where(_current()))


def _belongs_to(unit: Unit | None) -> ColumnElement[bool]:
    if unit is None:
        country = select(AccountRole.account_id).where(_current(), AccountRole.unit_id.is_(None))
        return Account.id.in_(country) | (_without_role() & _never_in_a_unit())
    here = select(AccountRole.account_id).where(_current(), AccountRole.unit_id == unit.id)
    if not unit.is_province:
        return Account.id.in_(here)
    once = select(AccountRole.account_id).join(Unit, Unit.id == AccountRole.unit_id)
    worked = once.where(Unit.province_id == unit.id)
    return Account.id.in_(here) | (_without_role() & Account.id.in_(worked))


def _never_in_a_unit() -> ColumnElement[bool]:
    in_units = select(AccountRole.account_id).where(AccountRole.unit_id.is_not(None))
    return Account.id.not_in(in_units)


def _count_accounts(access: Access) -> dict[UUID | None, int]:
    """Accounts to review, by unit: the sizes of what `_belongs_to` selects, in three statements."""
    number = func.count(AccountRole.account_id.distinct())
    usable = Account.disabled_at.is_(None)
    within = access.within(Unit.id, Unit.province_id)
    roles = (
        select(AccountRole.unit_id, number)
        .join(Account, Account.id == AccountRole.account_id)
        .outerjoin(Unit, Unit.id == AccountRole.unit_id)
        .where(usable, _current(), within)
        .group_by(AccountRole.unit_id)
    )
    left = (
        select(Unit.province_id, number)
        .join(AccountRole, AccountRole.unit_id == Unit.id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(usable, _without_role(), within)
        .group_by(Unit.province_id)
    )
    counts: dict[UUID | None, int] = {row[0]: row[1] for row in db.session.execute(roles)}
    for province_id, accounts in db.session.execute(left):
        if access.everywhere or province_id in access.provinces:
            counts[province_id] = counts.get(province_id, 0) + accounts
    if access.everywhere:
        never = select(func.count(Account.id)).where(usable, _without_role(), _never_in_a_unit())
        counts[None] = counts.get(None, 0) + (db.session.scalar(never) or 0)
    return {unit_id: accounts for unit_id, accounts in counts.items() if accounts}


def _list_months(access: Access) -> list[tuple[UUID | None, date, int]]:
    """Unit, month and questioned accounts of the reviews of a year, oldest first."""
    query = (
        select(AccessReview.unit_id, AccessReview.month, AccessReview.questioned)
        .outerjoin(Unit, Unit.id == AccessReview.unit_id)
        .where(
            AccessReview.month > add_months(this_month(), -MONTHS),
            access.within(Unit.id, Unit.province_id),
        )
        .order_by(AccessReview.month)
    )
    return [(unit_id, month, asked) for unit_id, month, asked in db.session.execute(query)]


def _last_sign_ins(account_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    query = (
        select(AccountSession.account_id, func.max(AccountSession.started_at))
        .where(AccountSession.account_id.in_(account_ids), ~AccountSession.awaits_code)
        .group_by(AccountSession.account_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _last_questions(account_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    query = (
        select(AuditEntry.subject_id, func.max(AuditEntry.at))
        .where(AuditEntry.subject_id.in_(account_ids), AuditEntry.action == "access.question")
        .group_by(AuditEntry.subject_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query) if row[0]}


def _order(scope: Scope) -> tuple[object, ...]:
    if scope.unit is None:
        return (scope.is_done, False, ())
    return (scope.is_done, True, words_key(scope.unit.name))
