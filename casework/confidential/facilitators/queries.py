"""Reading who leads groups, and which groups a coordinator may hand over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from casework.authz.enforce import Access
from casework.confidential.groups.models import Facilitator
from casework.confidential.groups.queries import leads_today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Group
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class LedGroup:
    """A group of a unit with those who lead it today, as its coordinator sees it."""

    group: Group
    unit: Unit
    leaders: Sequence[Account]


def list_facilitators(group: Group) -> Sequence[tuple[Facilitator, Account]]:
    """Who leads the group and who led it, those of today first."""
    query = (
        select(Facilitator, Account)
        .join(Account, Account.id == Facilitator.account_id)
        .where(Facilitator.group_id == group.id)
        .order_by(Facilitator.until_on.is_not(None), Facilitator.from_on, Facilitator.id)
    )
    return [(facilitator, account) for facilitator, account in db.session.execute(query)]


def list_current_facilitators(group: Group) -> Sequence[Facilitator]:
    """Who leads the group today."""
    query = select(Facilitator).where(Facilitator.group_id == group.id, leads_today())
    return db.session.scalars(query).all()


def get_facilitator(group: Group, facilitator_id: UUID) -> Facilitator:
    """Somebody who leads this group today. Raises OutOfReach."""
    found = db.session.get(Facilitator, facilitator_id)
    if found is None or found not in list_current_facilitators(group):
        raise OutOfReach
    return found


def list_groups_to_assign(access: Access) -> Sequence[LedGroup]:
    """The groups of a coordinator's units whose rosters are confidential, with who leads them."""
    led = (
        select(Group, Unit, Account)
        .join(Unit, Unit.id == Group.unit_id)
        .outerjoin(Facilitator, and_(Facilitator.group_id == Group.id, leads_today()))
        .outerjoin(Account, Account.id == Facilitator.account_id)
        .where(_to_assign(access))
    )
    leaders: dict[tuple[Group, Unit], list[Account]] = defaultdict(list)
    for group, unit, account in db.session.execute(led):
        leaders[group, unit] += [account] if account else []
    found = [LedGroup(group, unit, accounts) for (group, unit), accounts in leaders.items()]
    return sorted(found, key=lambda each: words_key(each.group.name))


def get_group_to_assign(access: Access, group_id: UUID) -> Group:
    """A group that a coordinator may hand over. Raises OutOfReach."""
    group = db.session.scalar(select(Group).where(Group.id == group_id, _to_assign(access)))
    if group is None:
        raise OutOfReach
    return group


def _to_assign(access: Access) -> ColumnElement[bool]:
    return and_(Group.kind.in_(CONFIDENTIAL_KINDS), access.within(Group.unit_id))
