"""Roles that wait for a department manager, as far as the manager's own role reaches."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import name_key
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.queries import waiting
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class Waiting:
    """A role that waits: whose, where, and who gave it."""

    role: AccountRole
    account: Account
    unit: Unit | None
    given_by: str


def list_waiting(access: Access) -> list[Waiting]:
    """The roles that wait within reach, longest first."""
    found = [_waiting(*row) for row in db.session.execute(_within(access))]
    return sorted(found, key=lambda each: (each.role.from_on, name_key(each.account.display_name)))


def get_waiting(access: Access, role_id: UUID) -> Waiting:
    """A role that waits within reach. Raises OutOfReach."""
    row = db.session.execute(_within(access).where(AccountRole.id == role_id)).first()
    if row is None:
        raise OutOfReach
    return _waiting(*row)


def _waiting(role: AccountRole, account: Account, unit: Unit | None, giver: str | None) -> Waiting:
    return Waiting(role, account, unit, giver or "")


def _within(access: Access) -> Select[AccountRole, Account, Unit, str]:
    giver = aliased(Account)
    return (
        select(AccountRole, Account, Unit, giver.display_name)
        .join(Account, Account.id == AccountRole.account_id)
        .outerjoin(Unit, Unit.id == AccountRole.unit_id)
        .outerjoin(giver, giver.id == AccountRole.given_by)
        .where(waiting(), Account.disabled_at.is_(None), access.within(Unit.id, Unit.province_id))
    )
