"""Reading openings out of turn; and the door that one opens while it runs.

What opens the door is the grant itself: when it is deleted or over, nothing is left to open with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from casework.authz.enforce import Access, Identity
from casework.authz.permissions import Permission, Reach, Role
from casework.authz.policy import reach_of
from casework.confidential.break_glass.models import (
    LAPSES_AFTER,
    EmergencyOpening,
    EmergencyStatus,
)
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.cases.queries import in_force, reached
from casework.confidential.looks.models import Deed
from casework.core.audit import AuditEntry
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.queries import held_roles, names_of
from casework.organisation.accounts.queries import in_force as in_force_on
from casework.organisation.units.models import Unit
from casework.vault.grants import Grant, Use, current_keyring, holders_of, unexpired
from casework.vault.recovery import list_entrusted

# Writing, exporting and looking into the log stay closed.
OPENS = frozenset({Permission.CASE_LIST, Permission.CASE_READ})
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An opening as lists show it."""

    opening: EmergencyOpening
    reference: str
    unit: Unit
    who: str


@dataclass(frozen=True, slots=True)
class Officer:
    """Who holds the organisation's key, and whether they still are a data-protection officer."""

    account_id: UUID
    name: str
    since: datetime
    may_decide: bool


def out_of_turn(access: Access) -> ColumnElement[bool]:
    """The cases that are open to an account out of turn: for reading, while the hour lasts, and as
    long as it works in the case's unit.
    """
    asks = access.identity.access(Permission.EMERGENCY_ASK)
    if access.permission not in OPENS or asks is None:
        return false()
    held = _held(access.account_id).where(Grant.subject_id == Case.id)
    return and_(exists(held), asks.within(Case.unit_id))


def list_running(case: Case) -> Sequence[tuple[str, datetime]]:
    """What of a case is open out of turn to the signed-in account, and until when."""
    return sorted(current_keyring().emergencies(case.id).items())


def list_open_cases(account_id: UUID) -> frozenset[tuple[UUID, str]]:
    """The cases and compartments that are open to an account out of turn."""
    query = select(Grant.subject_id, Grant.compartment).where(*_conditions(account_id))
    return frozenset((case_id, part) for case_id, part in db.session.execute(query))


def find_case(access: Access, reference: str) -> Case | None:
    """The case with a code in the units of an access; none for a foreign or an erased one."""
    query = select(Case).where(Case.reference == reference, Case.erased_at.is_(None))
    return db.session.scalar(query.where(access.within(Case.unit_id)))


def find_any(reference: str) -> UUID | None:
    """The id of a case wherever it is: for the log of refusals alone."""
    return db.session.scalar(select(Case.id).where(Case.reference == reference))


def is_entrusted(case: Case, identity: Identity) -> bool:
    """Whether an account reads a case in the usual way: it is its own, and it holds a key of it."""
    access = identity.access(Permission.CASE_READ)
    if access is None or identity.account_id not in holders_of(case.id):
        return False
    query = select(Case.id).where(Case.id == case.id, reached(access))
    return db.session.scalar(query) is not None


def has_asked(case: Case, part: str, account_id: UUID) -> bool:
    """Whether the same was asked for by the same account and waits, or is open. What was closed by
    signing out may be asked for again.
    """
    query = select(EmergencyOpening.id).where(
        EmergencyOpening.case_id == case.id,
        EmergencyOpening.compartment == part,
        EmergencyOpening.asked_by == account_id,
        _waiting(),
    )
    is_waiting = db.session.scalar(query.limit(1)) is not None
    return is_waiting or (case.id, part) in list_open_cases(account_id)


def may_still_ask(account_id: UUID, unit_id: UUID) -> bool:
    """Whether an account may sign in and still works where it could ask for a unit's cases."""
    account = db.session.get_one(Account, account_id)
    if account.disabled_at is not None or account.has_expired:
        return False
    identity = Identity(account_id, account.username, "", held_roles(account_id))
    asks = identity.access(Permission.EMERGENCY_ASK)
    return asks is not None and unit_id in asks.units


def list_own(access: Access) -> Sequence[Line]:
    """What an account asked for, newest first."""
    return _lines(EmergencyOpening.asked_by == access.account_id)


def list_open(access: Access) -> Sequence[Line]:
    """What waits for a data-protection officer: to be decided, and to be reviewed."""
    return _lines(_to_do(), _within(access))


def list_of_own_cases(access: Access) -> Sequence[Line]:
    """What is asked for or open in the cases entrusted to an account, or was and is not reviewed
    yet.
    """
    own = select(Case.id).where(reached(access))
    return _lines(_to_do(), EmergencyOpening.case_id.in_(own))


def list_settled(access: Access) -> Sequence[Line]:
    """What was decided and reviewed, declined, or lapsed."""
    return _lines(~_to_do(), _within(access))


def count_open(access: Access) -> int:
    """How much waits for a data-protection officer."""
    query = select(func.count()).select_from(EmergencyOpening)
    return db.session.scalar(query.where(_to_do(), _within(access))) or 0


def get_line(access: Access, opening_id: UUID) -> Line:
    """An opening within an officer's reach, as lists show it. Raises OutOfReach."""
    found = _lines(EmergencyOpening.id == opening_id, _within(access))
    if not found:
        raise OutOfReach
    return found[0]


def list_counselors(opening: EmergencyOpening) -> Sequence[UUID]:
    """To whom the case is entrusted."""
    query = select(Assignment.account_id).where(Assignment.case_id == opening.case_id, in_force())
    return db.session.scalars(query).all()


def list_deeds(opening: EmergencyOpening) -> Sequence[tuple[datetime, str]]:
    """What the log says the asker did with the case during the hour, oldest first."""
    if opening.decided_at is None or opening.expires_at is None:
        return []
    query = (
        select(AuditEntry.at, AuditEntry.action)
        .where(
            AuditEntry.subject_id == opening.case_id,
            AuditEntry.actor_id == opening.asked_by,
            AuditEntry.at.between(opening.decided_at, opening.expires_at),
        )
        .order_by(AuditEntry.position)
        .limit(SHOWN)
    )
    known = set(Deed)
    return [
        (at, Deed(action).label if action in known else action)
        for at, action in db.session.execute(query)
    ]


def list_officers() -> Sequence[Officer]:
    """Everybody entrusted with the organisation's key."""
    entrusted = list_entrusted()
    ids = [each.holder_id for each in entrusted]
    deciding = [role for role in Role if reach_of(role, Permission.EMERGENCY_DECIDE) != Reach.NONE]
    query = select(AccountRole.account_id).where(
        AccountRole.account_id.in_(ids), AccountRole.role.in_(deciding), in_force_on(today())
    )
    names, may_decide = names_of(ids), set(db.session.scalars(query))
    return [
        Officer(
            each.holder_id,
            names.get(each.holder_id, "—"),
            each.since,
            each.holder_id in may_decide,
        )
        for each in entrusted
    ]


def holds_recovery(account_id: UUID | None) -> bool:
    """Whether an account is entrusted with the organisation's key."""
    return any(each.holder_id == account_id for each in list_entrusted())


def _conditions(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Grant.holder_id == account_id, Grant.use == Use.EMERGENCY, unexpired()


def _held(account_id: UUID) -> Select[UUID]:
    return select(Grant.id).where(*_conditions(account_id))


def _waiting() -> ColumnElement[bool]:
    return and_(
        EmergencyOpening.status == EmergencyStatus.ASKED,
        EmergencyOpening.asked_at > now() - LAPSES_AFTER,
    )


def _to_do() -> ColumnElement[bool]:
    reviewed = EmergencyOpening.reviewed_at.is_not(None)
    approved = EmergencyOpening.status == EmergencyStatus.APPROVED
    return or_(_waiting(), and_(approved, ~reviewed))


def _within(access: Access) -> ColumnElement[bool]:
    return EmergencyOpening.unit_id.in_(
        select(Unit.id).where(access.within(Unit.id, Unit.province_id))
    )


def _lines(*conditions: ColumnElement[bool]) -> Sequence[Line]:
    query = (
        select(EmergencyOpening, Case.reference, Unit, Account.display_name)
        .join(Case, Case.id == EmergencyOpening.case_id)
        .join(Unit, Unit.id == EmergencyOpening.unit_id)
        .join(Account, Account.id == EmergencyOpening.asked_by)
        .where(*conditions)
        .order_by(EmergencyOpening.asked_at.desc(), EmergencyOpening.id)
        .limit(SHOWN)
    )
    return [Line(*row) for row in db.session.execute(query)]
