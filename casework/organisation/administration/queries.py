"""What the administrator's pages need: accounts by name, units to choose from, and what a reset
would lose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, name_key, words_key
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.queries import (
    get_account,
    holds_on,
    in_force,
    is_waiting,
    list_roles,
    reached,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import valid_on
from casework.vault.grants import Grant, Use, unexpired

PAGE = 50


@dataclass(frozen=True, slots=True)
class Entrusted:
    """How much an account can open, or keeps for others: cases and self-help groups."""

    readable: int
    kept: int


@dataclass(frozen=True, slots=True)
class Held:
    """A role with its unit, as pages show it."""

    role: AccountRole
    unit: Unit | None

    @property
    def waits(self) -> bool:
        """Whether a department manager has still to approve it."""
        return is_waiting(self.role)

    @property
    def may_end(self) -> bool:
        """Whether it has no last day yet, or one that lies ahead."""
        return self.role.until_on is None or holds_on(self.role, today()) or self.waits


def search_accounts(access: Access, words: str) -> list[UUID]:
    """Ids of the accounts within reach whose name or sign-in name holds the words, in the order of
    names.
    """
    query = select(Account.id, Account.display_name, Account.username).where(reached(access))
    wanted = fold(words)
    found = [
        (name_key(name), username, account_id)
        for account_id, name, username in db.session.execute(query)
        if wanted in fold(name) or wanted in username
    ]
    return [account_id for *_, account_id in sorted(found)]


def list_accounts_by_id(account_ids: Sequence[UUID]) -> list[Account]:
    """Accounts in the order of the ids."""
    query = select(Account).where(Account.id.in_(account_ids))
    accounts = {account.id: account for account in db.session.scalars(query)}
    return [accounts[account_id] for account_id in account_ids]


def get_account_to_change(access: Access, account_id: UUID) -> Account:
    """An account all of whose roles lie within reach: nobody gets at somebody who reaches further.

    Raises OutOfReach.
    """
    account = get_account(access, account_id)
    if access.everywhere:
        return account
    held = select(AccountRole.id).where(AccountRole.account_id == account.id, in_force(today()))
    within = (
        select(AccountRole.id)
        .join(Unit, Unit.id == AccountRole.unit_id)
        .where(access.within(Unit.id, Unit.province_id))
    )
    if db.session.scalar(held.where(AccountRole.id.not_in(within)).limit(1)) is not None:
        raise OutOfReach
    return account


def get_role(account: Account, role_id: UUID) -> AccountRole:
    """A role of this account. Raises OutOfReach."""
    role = db.session.get(AccountRole, role_id)
    if role is None or role.account_id != account.id:
        raise OutOfReach
    return role


def list_provinces_within(access: Access) -> list[Unit]:
    """The provinces of today in which roles can be given."""
    units = select(Unit.province_id).where(valid_on(today()), _within(access))
    query = select(Unit).where(Unit.id.in_(units), valid_on(today()))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def list_units_within(access: Access, province_id: UUID) -> list[Unit]:
    """The units of a province in which roles can be given today, the province first."""
    query = select(Unit).where(valid_on(today()), Unit.province_id == province_id, _within(access))
    return sorted(
        db.session.scalars(query), key=lambda unit: (not unit.is_province, words_key(unit.name))
    )


def count_entrusted(account_id: UUID) -> Entrusted:
    """What an account would lose by a reset."""
    subjects = select(func.count(Grant.subject_id.distinct())).where(
        Grant.holder_id == account_id, unexpired()
    )
    readable, kept = db.session.execute(
        select(
            subjects.where(Grant.use == Use.READ).scalar_subquery(),
            subjects.where(Grant.use == Use.CUSTODY).scalar_subquery(),
        )
    ).one()
    return Entrusted(readable, kept)


def list_roles_of_today(accounts: Sequence[Account]) -> dict[UUID, list[Held]]:
    """The roles of accounts that hold today, and those that wait for approval, by account."""
    shown: dict[UUID, list[Held]] = {account.id: [] for account in accounts}
    for role, unit in list_roles(list(shown)):
        if holds_on(role, today()) or is_waiting(role):
            shown[role.account_id].append(Held(role, unit))
    return shown


def _within(access: Access) -> ColumnElement[bool]:
    return access.within(Unit.id, Unit.province_id)
