"""Reading accounts and roles."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from casework.authz.enforce import Access, HeldRole
from casework.authz.permissions import Role
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import name_key
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.units.models import Unit


def find_account(username: str) -> Account | None:
    """The account with this name, whatever its case."""
    return db.session.scalar(select(Account).where(Account.username == username.casefold()))


def get_account(access: Access, account_id: UUID) -> Account:
    """An account this access reaches. Raises OutOfReach."""
    account = db.session.scalar(select(Account).where(Account.id == account_id, reached(access)))
    if account is None:
        raise OutOfReach
    return account


def list_roles(account_ids: Sequence[UUID]) -> Sequence[tuple[AccountRole, Unit | None]]:
    """All roles of accounts, past ones too, newest first."""
    query = (
        select(AccountRole, Unit)
        .outerjoin(Unit, Unit.id == AccountRole.unit_id)
        .where(AccountRole.account_id.in_(account_ids))
        .order_by(AccountRole.from_on.desc())
    )
    return [(role, unit) for role, unit in db.session.execute(query)]


def list_roles_in_force(account_id: UUID) -> Sequence[tuple[AccountRole, Unit | None]]:
    """An account's roles of today."""
    return [(role, unit) for role, unit in list_roles([account_id]) if holds_on(role, today())]


def list_roles_waiting(account_id: UUID) -> Sequence[tuple[AccountRole, Unit | None]]:
    """An account's roles that a department manager has still to approve."""
    return [(role, unit) for role, unit in list_roles([account_id]) if is_waiting(role)]


def held_roles(account_id: UUID) -> tuple[HeldRole, ...]:
    """The roles in force today."""
    query = (
        select(AccountRole.role, AccountRole.unit_id, Unit.is_province)
        .outerjoin(Unit, Unit.id == AccountRole.unit_id)
        .where(AccountRole.account_id == account_id, in_force(today()))
    )
    return tuple(
        HeldRole(Role(role), unit_id, bool(wide))
        for role, unit_id, wide in db.session.execute(query)
    )


def in_force(on: date) -> ColumnElement[bool]:
    """The roles that hold on a day. What waits for approval does not."""
    begun_and_lasting = (AccountRole.from_on <= on) & or_(
        AccountRole.until_on.is_(None), AccountRole.until_on >= on
    )
    return begun_and_lasting & ~AccountRole.awaits_approval


def waiting() -> ColumnElement[bool]:
    """The roles that somebody may still approve: neither declined nor over."""
    until = AccountRole.until_on
    lasting = until.is_(None) | ((until >= today()) & (until >= AccountRole.from_on))
    return AccountRole.awaits_approval & lasting


def holds_on(role: AccountRole, on: date) -> bool:
    """Whether a role holds on a day: `in_force` for a role at hand."""
    lasting = role.until_on is None or role.until_on >= on
    return role.from_on <= on and lasting and not role.awaits_approval


def is_waiting(role: AccountRole) -> bool:
    """Whether somebody may still approve a role: `waiting` for a role at hand."""
    over = role.until_on is not None and role.until_on < today()
    return role.awaits_approval and not over and not role.was_declined


def list_role_holders(unit_id: UUID, role: Role) -> Sequence[Account]:
    """Who holds a role in a unit today and may sign in."""
    query = (
        select(Account)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(
            AccountRole.unit_id == unit_id,
            AccountRole.role == role,
            in_force(today()),
            may_sign_in(),
        )
        .distinct()
    )
    return sorted(
        db.session.scalars(query).all(), key=lambda account: name_key(account.display_name)
    )


def may_sign_in() -> ColumnElement[bool]:
    """The accounts that are neither disabled nor past their last day."""
    lasting = or_(Account.expires_on.is_(None), Account.expires_on >= today())
    return Account.disabled_at.is_(None) & lasting


def names_of(account_ids: Sequence[UUID | None]) -> dict[UUID | None, str]:
    """Display names of accounts, for pages that show who did something."""
    query = select(Account.id, Account.display_name).where(
        Account.id.in_([i for i in account_ids if i])
    )
    return {row.id: row.display_name for row in db.session.execute(query)}


def reached(access: Access) -> ColumnElement[bool]:
    """Accounts with a role in a unit of the access; accounts without any role belong to whoever
    reaches everything.
    """
    if access.everywhere:
        return true()
    roles = select(AccountRole.account_id).join(Unit, Unit.id == AccountRole.unit_id)
    return Account.id.in_(roles.where(access.within(Unit.id, Unit.province_id)))
