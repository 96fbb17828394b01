"""The newest month waits: closed, some units complete and signed, some not, one changed since.

The first unit is left to whoever tries the program: its coordinator has not looked yet and its head
has not signed. Units without a head get one, who has no password and signs.
"""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from random import Random
from uuid import UUID

from sqlalchemy import select

from casework.anonymisation.completeness import mark_complete
from casework.anonymisation.models import Signature
from casework.anonymisation.periods import find_month, list_months
from casework.anonymisation.signing import Work, digest_of, sign
from casework.anonymisation.standing import list_lines, list_parts
from casework.authz.permissions import Role
from casework.confidential.cases.models import Sex
from casework.core.audit import Actor
from casework.core.database import db
from casework.demonstration import names
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.settings.models import Setting, SettingValue
from casework.organisation.units.models import Unit

SOURCE = "bản trình diễn"
SINCE = date(2025, 7, 1)
# Units in the order of names: neither, complete, and complete and signed, over and over.
UNTOUCHED, COMPLETE, SIGNED = range(3)
FIRST_TO_TRY = "coordinator"


def leave_waiting(province: Unit, period: str) -> None:
    """Close a month at once, and have most units do their part; the caller commits. Done already,
    nothing is changed.
    """
    closing = {"key": Setting.CLOSING_DAYS, "province_id": province.id, "from_on": SINCE}
    if db.session.scalar(select(SettingValue.id).filter_by(**closing)) is not None:
        return
    db.session.add(SettingValue(**closing, value="1", source=SOURCE))
    db.session.flush()
    month = find_month(list_months(province.id), period)
    lines = list_lines(list_parts(province.id, month), month)
    staff = _staff([line.unit for line in lines])
    signatures = []
    for number, line in enumerate(lines):
        unit, how = line.unit, (SIGNED, COMPLETE, SIGNED, UNTOUCHED)[number % 4]
        coordinator, head = staff[unit.id, Role.COORDINATOR], staff[unit.id, Role.UNIT_HEAD]
        if how is UNTOUCHED or coordinator.name == FIRST_TO_TRY:
            continue
        mark_complete(unit, month, by=coordinator)
        if how is SIGNED:
            seen = digest_of(unit.id, period, line.figures)
            signatures.append(sign(unit, month, line.figures, seen, by=head))
    for signature in signatures[-1:]:
        _let_it_change(signature)


def _staff(units: Sequence[Unit]) -> dict[tuple[UUID, str], Actor]:
    """The coordinator and the head of each unit, by unit and role."""
    query = (
        select(AccountRole.unit_id, AccountRole.role, Account.id, Account.username)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.unit_id.in_([unit.id for unit in units]))
    )
    found = {
        (unit_id, role): Actor(account_id, username)
        for unit_id, role, account_id, username in db.session.execute(query)
        if unit_id is not None
    }
    for unit in units:
        if (unit.id, Role.UNIT_HEAD) not in found:
            found[unit.id, Role.UNIT_HEAD] = _make_head(unit)
    return found


def _make_head(unit: Unit) -> Actor:
    rng = Random(sha256(unit.code.encode()).digest())  # nosec B311
    name = names.full_name(rng, rng.choice((Sex.MALE, Sex.FEMALE)))
    account = Account(username=f"{Role.UNIT_HEAD}-{unit.code}", display_name=name)
    db.session.add(account)
    db.session.flush()
    role = AccountRole(account_id=account.id, role=Role.UNIT_HEAD, unit_id=unit.id, from_on=SINCE)
    db.session.add(role)
    return Actor(account.id, account.username)


def _let_it_change(signature: Signature) -> None:
    """As if a session had been written down after the signature."""
    figures = json.loads(signature.figures)
    figures[Work.SESSIONS_HELD] = [max(0, end - 1) for end in figures[Work.SESSIONS_HELD]]
    signature.figures = json.dumps(figures)
    told = {Work(work): (low, high) for work, (low, high) in figures.items()}
    signature.digest = digest_of(signature.unit_id, signature.period, told)
