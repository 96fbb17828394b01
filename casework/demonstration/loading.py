"""Loading everything in one transaction, unit by unit, into a program nobody uses yet."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import func, select
from tqdm import tqdm

from casework.confidential.cases.models import Case
from casework.confidential.contacts.models import Contact
from casework.confidential.groups.models import Attendance, GroupSession
from casework.core import audit
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.database import db
from casework.demonstration import lives
from casework.demonstration.cases import CaseMaker, MadeCase, reference_of
from casework.demonstration.courses import (
    came_from,
    have_somebody_stand_in,
    offer_to,
    propose_to_erase,
)
from casework.demonstration.gatherings import (
    GroupMaker,
    pause_for_the_flood,
    plans_to_try,
    usual_plans,
)
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.keys import Organisation
from casework.demonstration.organisation import Country, prepare
from casework.demonstration.places import choose_units
from casework.demonstration.rights import RightsMaker, tell_openings
from casework.demonstration.rows import Batch, Ids
from casework.demonstration.staff import Team, hire_players, hire_team
from casework.demonstration.support import SupportMaker
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Group
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from casework.vault import locks
from casework.vault.grants import Grant
from casework.vault.recovery import recovery_grant

ACTION = "demo.load"
RECOVERY_KEY = "organisation_recovery_key"
USUAL_UNITS, USUAL_MONTHS, USUAL_OWN_CASES = 12, 24, 28
# The first counselor's next appointments that must lie near: today, and days ago.
# Records of the first unit that were closed before the months told: due for erasure.
OLD_RECORDS = 2
DUE_DAYS_AGO = (0, 0, 0, 2, 5, 12)
STAFF_SINCE = date(2025, 7, 1)
PLAYERS_ORDINAL = 1
OFFICER = "dpo"


class AlreadyLoaded(Exception):
    """The demonstration is there, or the program is in use. Nothing was touched."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to load. No `units` are all there are; no `cases` and `own_cases` are the usual ones."""

    horizon: Horizon
    provinces: Sequence[str] = ("96",)
    units: int | None = USUAL_UNITS
    cases: int | None = None
    own_cases: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, and where the organisation's private key was written if it was made now."""

    units: int
    cases: int
    rows: int
    seconds: float
    key_file: Path | None


def is_loaded() -> bool:
    """Whether the demonstration was loaded here."""
    return (
        db.session.scalar(select(AuditEntry.position).where(AuditEntry.action == ACTION))
        is not None
    )


def has_accounts() -> bool:
    """Whether anybody can sign in."""
    return db.session.scalar(select(Account.id).limit(1)) is not None


def load(wish: Wish, password: str, pepper: bytes, instance: Path, *, recovery: bool) -> Loaded:
    """Fill an empty program; the caller commits. Raises AlreadyLoaded or NoSuchPlace."""
    _refuse_a_second_time()
    began = time.monotonic()
    units = choose_units(wish.provinces, wish.units)
    organisation, key_file, secret = _organisation(instance) if recovery else (None, None, None)
    rng = _draws(wish.seed, "everybody")
    since = moment(rng, min(wish.horizon.begins_on, STAFF_SINCE))
    batch = Batch(Ids(rng, PLAYERS_ORDINAL))
    teams = hire_players(batch, units, password, pepper, on=since.date(), at=since)
    connection = db.session.connection()
    rows = batch.write(connection)
    officer = db.session.scalars(select(Account).where(Account.username == OFFICER)).one()
    if organisation and secret:
        held = recovery_grant(organisation.id, secret, officer.id, None)
        batch.add(Grant, **(held | {"id": batch.ids.new(), "granted_at": since}))
    load_usual(by=SYSTEM)
    db.session.flush()
    country = prepare(batch, wish.horizon, units)
    rows += batch.write(connection)
    codes = _province_codes(units)
    story = _Story(wish, organisation, teams, since, codes, country, officer.id, units[1])
    cases, own = _how_many(wish, len(units))
    shares, number = lives.share_out(cases - own, len(units), rng), 0
    for ordinal, share in enumerate(tqdm(shares, unit="unit", disable=None)):
        own_here = own if ordinal == 0 else 0
        rows += story.of_unit(ordinal, units[ordinal], own_here, share, number).write(connection)
        number += own_here + share
    audit.record(
        ACTION, "demonstration", None, by=SYSTEM, units=len(units), cases=cases, seed=wish.seed
    )
    return Loaded(len(units), cases, rows, time.monotonic() - began, key_file)


@dataclass(frozen=True, slots=True)
class _Story:
    """What all units have in common."""

    wish: Wish
    organisation: Organisation | None
    teams: Sequence[Team]
    since: datetime
    codes: Mapping[UUID | None, str]
    country: Country
    officer: UUID
    neighbour: Unit

    def of_unit(self, ordinal: int, unit: Unit, own: int, others: int, number: int) -> Batch:
        """Everything of one unit: `own` open cases of its first counselor, and others."""
        wish, organisation = self.wish, self.organisation
        rng = _draws(wish.seed, unit.code)
        batch = Batch(Ids(rng, PLAYERS_ORDINAL + 1 + ordinal))
        if ordinal < len(self.teams):
            team = self.teams[ordinal]
        else:
            on, at = self.since.date(), self.since
            team = hire_team(batch, unit, organisation, rng, on=on, at=at)
        code = self.codes[unit.province_id]
        punctuality = _punctuality(rng)
        bodies = self.country.make(batch, rng, unit, code, team, punctuality)
        support = SupportMaker(batch, rng, wish.horizon, unit, bodies.partners)
        rights = RightsMaker(batch, wish.horizon, unit)
        cases = CaseMaker(batch, rng, wish.horizon, unit, code, team, organisation, support, rights)
        made = _cases(cases, own, others, number, wish.seed)
        groups = GroupMaker(
            batch, rng, wish.horizon, unit, team, organisation, punctuality, bodies.club["id"]
        )
        groups.make_all(plans_to_try(team) if ordinal == 0 else usual_plans(rng, team), made)
        if ordinal == 0:
            pause_for_the_flood(batch, rng, wish.horizon, unit, team.counselors[0].id)
            if len(made) > 1:
                ids, asker = [case.id for case in made[:2]], team.counselors[1].id
                tell_openings(batch, wish.horizon, unit, ids, asker, self.officer)
            self._courses(batch, unit, team, made)
        return batch

    def _courses(self, batch: Batch, unit: Unit, team: Team, made: Sequence[MadeCase]) -> None:
        """What there is to try in the first unit: standing in, transfers, an erasure to decide."""
        horizon, there = self.wish.horizon, self.neighbour
        mine = [case for case in made if case.counselor is team.counselors[0]]
        going_on = [case.whom for case in mine if case.life.closed_on is None]
        ended = [case.whom for case in mine if case.life.closed_on]
        for whom in going_on[2:4]:
            have_somebody_stand_in(batch, whom, team.counselors[1], horizon)
        for whom in going_on[4:5]:
            offer_to(batch, whom, unit, there, self.teams[1], horizon.last_day)
        for whom in going_on[5:7]:
            came_from(batch, whom, there, unit)
        for whom in ended[:1]:
            propose_to_erase(batch, whom, unit, team.coordinators[0], horizon.last_day)


def count() -> dict[str, int]:
    """How much of everything there is."""
    kinds = (Account, Case, Contact, Group, GroupSession, Attendance)
    counted = {
        kind.__tablename__: db.session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in kinds
    }
    return {"units": db.session.scalar(select(func.count(Case.unit_id.distinct()))) or 0, **counted}


def _refuse_a_second_time() -> None:
    if is_loaded():
        raise AlreadyLoaded("The demonstration is already loaded; nothing was changed.")
    if has_accounts():
        raise AlreadyLoaded(
            "There are accounts already; the demonstration is for an empty program."
        )


def _cases(maker: CaseMaker, own: int, others: int, number: int, seed: int) -> list[MadeCase]:
    """The cases of a unit: `own` open ones of its first counselor, the others of everybody."""
    rng, horizon, counselors = maker.rng, maker.horizon, maker.team.counselors
    made = []
    for index in range(own):
        life = lives.draw_open_life(rng, horizon)
        due_on = None
        if index < len(DUE_DAYS_AGO) and index < own // 2:
            life = lives.Life(min(life.opened_on, horizon.today - timedelta(days=60)), None)
            due_on = horizon.today - timedelta(days=DUE_DAYS_AGO[index])
        made.append(maker.make(life, reference_of(number + index, seed), counselors[0], due_on))
    for index in range(own, own + others):
        life = lives.draw_life(rng, horizon)
        if own and index >= own + others - OLD_RECORDS:
            life = lives.long_over(horizon)
        counselor = rng.choice(counselors) if life.closed_on or not own else counselors[-1]
        made.append(maker.make(life, reference_of(number + index, seed), counselor, None))
    return made


def _how_many(wish: Wish, units: int) -> tuple[int, int]:
    """Cases altogether, and how many of them are open ones of the first counselor."""
    cases = wish.cases
    if cases is None:
        cases = lives.usual_cases(units, wish.horizon) + (wish.own_cases or 0)
    if wish.own_cases is None:
        return cases, min(USUAL_OWN_CASES, cases // 2)
    return cases, min(wish.own_cases, cases)


def _draws(seed: int, whose: str) -> Random:
    """Chance that repeats itself. Nothing secret comes from it: keys come from the system."""
    return Random(f"{seed}|{whose}")  # nosec B311


def _punctuality(rng: Random) -> float:
    """Most units meet as scheduled, some don't."""
    return rng.triangular(0.55, 0.98, 0.93)


def _organisation(instance: Path) -> tuple[Organisation, Path | None, bytes | None]:
    """The organisation's key; a new one's private half goes into a file for its owner only, and to
    the demonstration's data-protection officer.
    """
    found = locks.find_organisation()
    if found is not None:
        return Organisation(found.id, found.public_key), None, None
    holder, secret = locks.make_organisation_key()
    db.session.flush()
    file = instance / RECOVERY_KEY
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(secret.hex() + "\n")
    return Organisation(holder.id, holder.public_key), file, secret


def _province_codes(units: Sequence[Unit]) -> dict[UUID | None, str]:
    ids = {unit.province_id for unit in units}
    return {unit.id: unit.code for unit in db.session.scalars(select(Unit).where(Unit.id.in_(ids)))}
