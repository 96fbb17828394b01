"""A case goes on in another unit: offered with the person's consent to that unit, its keys in the
custody of that unit's coordinators, who see a code only; theirs once they accept.

A unit that ended leaves its cases where they are until a coordinator of it gives them to those that
followed: cases are handed over, never inherited.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.authz.permissions import Role
from casework.confidential.assignments.operations import (
    check_keys,
    end_assignments,
    end_others,
)
from casework.confidential.cases.models import Case, CaseStatus, Episode, EpisodeEnd
from casework.confidential.cases.operations import (
    assign,
    custodians_of,
    object_to_closing,
    tell_of_cases,
)
from casework.confidential.cases.queries import current_episode
from casework.confidential.consent.models import Purpose
from casework.confidential.consent.operations import require_consent
from casework.confidential.consent.queries import has_consent
from casework.confidential.transfers.models import DeclineReason, Transfer, TransferStatus
from casework.confidential.transfers.queries import exists_on, find_offer
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_successors
from casework.vault import grants
from casework.vault.grants import Use


def offer_case(case: Case, unit: Unit, note: str, *, by: Actor, on: date) -> Transfer:
    """Offer the case to a unit that exists, with consent to that very unit."""
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    if find_offer(case) is not None:
        raise RuleBroken(_l("This case is offered to a unit already. Take that back first."))
    _check_unit(case, unit, on)
    consent = require_consent(case, Purpose.REFERRAL, on, field="unit", to_unit_id=unit.id)
    check_keys([case], [], "unit")
    coordinators = custodians_of(unit.id)
    if not coordinators:
        message = _l(
            "Nobody coordinates cases in %(unit)s, so nobody could accept it.", unit=unit.label
        )
        raise RuleBroken(message, field="unit")
    for coordinator in coordinators:
        grants.hand_on(case.id, coordinator, by=by.id, use=Use.CUSTODY)
    transfer = Transfer(
        case_id=case.id,
        from_unit_id=case.unit_id,
        to_unit_id=unit.id,
        consent_id=consent.id,
        status=TransferStatus.OFFERED,
        offered_by=by.id,
        note=note,
    )
    db.session.add(transfer)
    _note("transfer.offer", case, by, unit.id)
    return transfer


def withdraw_offer(case: Case, *, by: Actor, on: date) -> None:
    """Take an offer back, before it was answered."""
    offer = find_offer(case)
    if offer is None:
        raise RuleBroken(_l("This case is not offered to any unit."))
    _answer(offer.transfer, TransferStatus.WITHDRAWN, case, by, on)
    _note("transfer.withdraw", case, by, offer.to_unit.id)


def decline_offer(transfer: Transfer, reason: DeclineReason, *, by: Actor, on: date) -> None:
    """The case stays where it is; the sender sees why."""
    case = _offered_case(transfer)
    transfer.decline_reason = reason
    _answer(transfer, TransferStatus.DECLINED, case, by, on)
    _note("transfer.decline", case, by, transfer.to_unit_id)


def accept_offer(transfer: Transfer, counselor: UUID, *, by: Actor, on: date) -> None:
    """The case is the receiving unit's: one episode ends, one begins; the keys go to the chosen
    counselor, and nobody of the sending unit keeps any.
    """
    case = _offered_case(transfer)
    if counselor not in _holders(transfer.to_unit_id, Role.COUNSELOR):
        raise RuleBroken(_l("Choose a counselor of this unit."), field="counselor")
    if not has_consent(case, Purpose.REFERRAL, on, to_unit_id=transfer.to_unit_id):
        message = _l(
            "The person's consent to this unit was withdrawn or has expired. "
            "The sending unit has to ask again."
        )
        raise RuleBroken(message)
    check_keys([case], [], "counselor")
    end_assignments([case], on=on)
    grants.take_back_from_others([case.id], [])
    grants.hand_on(case.id, counselor, by=by.id)
    _move(case, transfer.to_unit_id, on)
    case.status, case.next_on = CaseStatus.INTAKE, None
    _answer(transfer, TransferStatus.ACCEPTED, case, by, on)
    assign(case, counselor, by=by, on=on)
    tell_of_cases([case], counselor, on)
    _note("transfer.accept", case, by, transfer.from_unit_id)


def give_to_successors(cases: Mapping[Case, Unit], *, by: Actor, on: date) -> None:
    """Give the cases of units that ended to those that followed, all or none: their coordinators
    get custody, who is a counselor there as well goes on with their cases, the others' keys are
    deleted.
    """
    check_keys([*cases], [], "unit")
    for unit in set(cases.values()):
        mine = [case for case, to in cases.items() if to is unit]
        _check_follows(mine, unit, on)
        coordinators = custodians_of(unit.id)
        if not coordinators:
            message = _l("Nobody coordinates cases in %(unit)s yet.", unit=unit.label)
            raise RuleBroken(message, field="unit")
        ids = [case.id for case in mine]
        for coordinator in coordinators:
            grants.hand_all_on(ids, coordinator, by=by.id, use=Use.CUSTODY)
        end_others(mine, _holders(unit.id, Role.COUNSELOR), on=on)
        for case in mine:
            _move(case, unit.id, on)
            _keep_custody(case)
            _note("case.succession", case, by, unit.id)


@object_to_closing
def offered_elsewhere(case: Case) -> Any | None:
    """A case that is offered to another unit is not closed meanwhile."""
    offer = find_offer(case)
    if offer is None:
        return None
    return _l("The case is offered to %(unit)s. Take that back first.", unit=offer.to_unit.label)


def _move(case: Case, unit_id: UUID, on: date) -> None:
    """A case in which support goes on begins a new episode there. A closed one only changes who
    looks after it: its last episode stays where it was.
    """
    if case.is_open:
        episode = current_episode(case)
        episode.closed_on, episode.ended_by = on, EpisodeEnd.TRANSFER
        db.session.flush()
        db.session.add(Episode(case_id=case.id, unit_id=unit_id, opened_on=on))
        case.opened_on = on
    case.unit_id = unit_id


def _answer(transfer: Transfer, status: TransferStatus, case: Case, by: Actor, on: date) -> None:
    transfer.status, transfer.answered_by, transfer.answered_on = status, by.id, on
    _keep_custody(case)


def _keep_custody(case: Case) -> None:
    """Custody is with the coordinators of the case's unit, and of the one it is offered to."""
    db.session.flush()
    offer = find_offer(case)
    keep = custodians_of(case.unit_id) + (custodians_of(offer.to_unit.id) if offer else [])
    grants.take_back_from_others([case.id], keep, use=Use.CUSTODY)


def _offered_case(transfer: Transfer) -> Case:
    if transfer.status != TransferStatus.OFFERED:
        raise RuleBroken(_l("This offer was answered or taken back already."))
    return db.session.get_one(Case, transfer.case_id)


def _check_unit(case: Case, unit: Unit, on: date) -> None:
    if unit.id == case.unit_id:
        raise RuleBroken(_l("The case is in this unit already."), field="unit")
    if unit.is_province:
        raise RuleBroken(_l("Choose a commune, a ward or a special zone."), field="unit")
    if exists_on(unit, on):
        return
    followed = ", ".join(link.unit.label for link in list_successors(unit))
    if followed:
        message = _l(
            "%(unit)s ended on %(day)s. It was followed by: %(followed)s.",
            unit=unit.label,
            day=day(unit.valid_until),
            followed=followed,
        )
    else:
        message = _l("%(unit)s does not exist on %(day)s.", unit=unit.label, day=day(on))
    raise RuleBroken(message, field="unit")


def _check_follows(cases: Sequence[Case], unit: Unit, on: date) -> None:
    for unit_id in {case.unit_id for case in cases}:
        ended = db.session.get_one(Unit, unit_id)
        successors = {link.unit.id for link in list_successors(ended)}
        if exists_on(ended, on) or unit.id not in successors or not exists_on(unit, on):
            message = _l("Choose a unit that followed %(unit)s.", unit=ended.label)
            raise RuleBroken(message, field="unit")


def _holders(unit_id: UUID, role: Role) -> set[UUID]:
    return {account.id for account in list_role_holders(unit_id, role)}


def _note(action: str, case: Case, by: Actor, unit_id: UUID) -> None:
    audit.record(action, "case", case.id, by=by, unit_id=case.unit_id, unit=str(unit_id))
