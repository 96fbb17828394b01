"""Who works in the demonstration, with roles and key pairs.

The accounts people sign in with have a password; the counselor and the coordinator of every other
unit have key pairs only, because deriving a password's key costs tens of milliseconds by design.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from uuid import UUID

from casework.authz.permissions import Role
from casework.confidential.cases.models import Sex
from casework.core.database import db
from casework.demonstration import names
from casework.demonstration.keys import Organisation, Staff, make_holder
from casework.demonstration.rows import Batch
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.units.models import Unit
from casework.vault import locks
from casework.vault.grants import Keyring

# Where an account works: the first unit, the second, the province, or anywhere.
FIRST, SECOND, PROVINCE, ANYWHERE = "first", "second", "province", "anywhere"


@dataclass(frozen=True, slots=True)
class Player:
    """An account to try the program with."""

    username: str
    name: str
    role: Role
    place: str


PLAYERS = (
    Player("counselor", "Nguyễn Thị Hoa", Role.COUNSELOR, FIRST),
    Player("counselor2", "Trần Văn Đậm", Role.COUNSELOR, FIRST),
    Player("coordinator", "Lê Thị Ánh", Role.COORDINATOR, FIRST),
    Player("volunteer", "Phạm Văn Út", Role.VOLUNTEER, FIRST),
    Player("unithead", "Huỳnh Văn Ba", Role.UNIT_HEAD, FIRST),
    Player("accountant", "Đỗ Thị Năm", Role.ACCOUNTANT, FIRST),
    Player("inspector", "Võ Văn Tám", Role.INSPECTOR, PROVINCE),
    Player("manager", "Bùi Thị Sáu", Role.MANAGER, PROVINCE),
    Player("dpo", "Dương Thị Chín", Role.DPO, ANYWHERE),
    Player("admin", "Ngô Văn Mười", Role.ADMINISTRATOR, ANYWHERE),
    Player("counselor-b", "Lý Thị Tư", Role.COUNSELOR, SECOND),
    Player("coordinator-b", "Hồ Thị Bảy", Role.COORDINATOR, SECOND),
    Player("unithead-b", "Phan Văn Hai", Role.UNIT_HEAD, SECOND),
)


@dataclass(frozen=True, slots=True)
class Team:
    """Who is entrusted with cases in a unit."""

    counselors: Sequence[Staff] = field(default_factory=list)
    coordinators: Sequence[Staff] = field(default_factory=list)


def hire_players(
    batch: Batch,
    units: Sequence[Unit],
    password: str,
    pepper: bytes,
    *,
    on: date,
    at: datetime,
) -> list[Team]:
    """The accounts that sign in, and the teams of the first two units."""
    places = {
        FIRST: units[0].id, SECOND: units[1].id, PROVINCE: units[0].province_id, ANYWHERE: None,
    }  # fmt: skip
    teams = {FIRST: ([], []), SECOND: ([], [])}  # type: dict[str, tuple[list[Staff], list[Staff]]]
    for player in PLAYERS:
        account_id = batch.ids.new()
        secret = locks.make_holder(account_id, password, pepper)
        _account(batch, account_id, player.username, player.name, at)
        _role(batch, account_id, player.role, places[player.place], on)
        counselors, coordinators = teams.get(player.place, ([], []))
        member = Staff(account_id, Keyring(account_id, secret))
        if player.role is Role.COUNSELOR:
            counselors.append(member)
        elif player.role is Role.COORDINATOR:
            coordinators.append(member)
    db.session.flush()
    return [Team(*teams[FIRST]), Team(*teams[SECOND])]


def hire_team(
    batch: Batch,
    unit: Unit,
    organisation: Organisation | None,
    rng: Random,
    *,
    on: date,
    at: datetime,
) -> Team:
    """One counselor and one coordinator of a unit, without passwords."""
    members = []
    for role in (Role.COUNSELOR, Role.COORDINATOR):
        member = make_holder(batch, batch.ids.new(), organisation, at)
        name = names.full_name(rng, rng.choice((Sex.MALE, Sex.FEMALE)))
        _account(batch, member.id, f"{role}-{unit.code}", name, at)
        _role(batch, member.id, role, unit.id, on)
        members.append(member)
    return Team(members[:1], members[1:])


def _account(batch: Batch, account_id: UUID, username: str, name: str, at: datetime) -> None:
    batch.add(
        Account,
        id=account_id,
        username=username,
        display_name=name,
        created_at=at,
        disabled_at=None,
        expires_on=None,
        must_change_password=False,
        totp_sealed=None,
        totp_step=0,
        version=1,
    )


def _role(batch: Batch, account_id: UUID, role: Role, unit_id: UUID | None, on: date) -> None:
    batch.add(
        AccountRole,
        account_id=account_id,
        role=role,
        unit_id=unit_id,
        from_on=on,
        until_on=None,
        awaits_approval=False,
        approved_by=None,
    )
