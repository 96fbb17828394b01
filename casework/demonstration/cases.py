"""The rows of a unit's cases: codes in clear, texts sealed under each case's own keys."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from casework.confidential.cases.models import (
    Assignment,
    Case,
    CaseStatus,
    ClosureReason,
    Episode,
    EpisodeEnd,
    IntakeSource,
    PersonIdentity,
    Sex,
    TargetGroup,
)
from casework.confidential.cases.rules import Birth
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.contacts.models import Contact, ContactKind
from casework.confidential.reminders.models import Reminder
from casework.demonstration import names, notes
from casework.demonstration.courses import tell_the_course
from casework.demonstration.horizon import Horizon, moment
from casework.demonstration.keys import Organisation, Staff, make_keys
from casework.demonstration.lives import Life, contact_days
from casework.demonstration.needs import Needs, assess
from casework.demonstration.papers import PaperMaker
from casework.demonstration.plans import PlanMaker
from casework.demonstration.rights import RightsMaker
from casework.demonstration.rows import UNIT_SHIFT, Batch, Ids, Keys, seal
from casework.demonstration.staff import Team
from casework.demonstration.support import SupportMaker, Whom
from casework.organisation.units.models import Unit
from casework.vault.grants import Compartment

T = TypeVar("T")
# As the codes of real cases: without letters that look or sound like others.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS = {
    TargetGroup.POST_REHAB: 140,
    TargetGroup.LEFT_SEX_WORK: 20,
    TargetGroup.TRAFFICKING_SURVIVOR: 8,
    TargetGroup.OTHER: 4,
}
# How many of a hundred are women, and the years of age at intake (least, most, commonest).
WOMEN = {
    TargetGroup.POST_REHAB: 9,
    TargetGroup.LEFT_SEX_WORK: 94,
    TargetGroup.TRAFFICKING_SURVIVOR: 88,
    TargetGroup.OTHER: 45,
}
AGES = {
    TargetGroup.POST_REHAB: (17, 58, 31),
    TargetGroup.LEFT_SEX_WORK: (18, 48, 29),
    TargetGroup.TRAFFICKING_SURVIVOR: (15, 42, 22),
    TargetGroup.OTHER: (18, 62, 35),
}
SOURCES = {
    IntakeSource.REHAB_CENTRE: 30, IntakeSource.OUTREACH: 22, IntakeSource.FAMILY: 16,
    IntakeSource.SELF: 12, IntakeSource.HEALTH: 7, IntakeSource.POLICE: 5,
    IntakeSource.AGENCY: 5, IntakeSource.SHELTER: 2, IntakeSource.OTHER_UNIT: 1,
}  # fmt: skip
REASONS = {
    ClosureReason.GOALS_MET: 48, ClosureReason.MOVED: 18, ClosureReason.LOST_CONTACT: 14,
    ClosureReason.WITHDREW: 13, ClosureReason.OTHER: 6, ClosureReason.DECEASED: 1,
}  # fmt: skip
KINDS = {
    ContactKind.HOME: 34, ContactKind.OFFICE: 29, ContactKind.PHONE: 21, ContactKind.FIELD: 9,
    ContactKind.GROUP: 5, ContactKind.ONLINE: 2,
}  # fmt: skip
METHODS = {
    ConsentMethod.SIGNED: 78, ConsentMethod.FINGERPRINT: 8, ConsentMethod.ORAL_WITNESSED: 14,
}  # fmt: skip
# How many of a hundred say yes.
YES = {
    Purpose.RECORD: 100, Purpose.PHONE_CONTACT: 82, Purpose.ANONYMOUS_STATISTICS: 93,
}  # fmt: skip
MINUTES = (15, 20, 30, 30, 40, 45, 45, 60, 60, 90)
FULL_NAMES, ALIASES, PHONES, HAMLETS, CAUTIONS = 0.88, 0.35, 0.95, 0.9, 0.45
CLOSED_NOTES, HANDED_OVER, WITHDRAWN, WITH_REMINDER = 0.15, 0.12, 0.02, 0.15


@dataclass(frozen=True, slots=True)
class MadeCase:
    """What the rest of the demonstration needs to know of a case."""

    id: UUID
    called: str
    counselor: Staff
    life: Life
    whom: Whom


@dataclass(frozen=True, slots=True)
class CaseMaker:
    """Makes cases of one unit."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    province_code: str
    team: Team
    organisation: Organisation | None
    support: SupportMaker
    rights: RightsMaker

    def make(self, life: Life, reference: str, counselor: Staff, due_on: date | None) -> MadeCase:
        """One case with all that belongs to it. `due_on`: its next appointment, if not chance."""
        rng, case_id = self.rng, self.batch.ids.new()
        group = _one_of(rng, GROUPS)
        sex = Sex.FEMALE if rng.randrange(100) < WOMEN[group] else Sex.MALE
        least, most, usual = AGES[group]
        birth_year = life.opened_on.year - round(rng.triangular(least, most, usual))
        case = self.batch.add(
            Case,
            id=case_id,
            reference=reference,
            unit_id=self.unit.id,
            target_group=group,
            sex=sex,
            birth_year=birth_year if rng.random() < 0.97 else None,
            source=_one_of(rng, SOURCES),
            status=self._status(life),
            opened_on=life.opened_on,
            closed_on=life.closed_on,
            closure_reason=_one_of(rng, REASONS) if life.closed_on else None,
            next_on=None,
            created_at=moment(rng, life.opened_on),
            erased_at=None,
            is_urgent=False,
            version=1,
        )
        episode = self.batch.add(
            Episode,
            case_id=case_id,
            unit_id=self.unit.id,
            opened_on=life.opened_on,
            closed_on=life.closed_on,
            ended_by=EpisodeEnd.CLOSURE if life.closed_on else None,
            closure_reason=case["closure_reason"],
            reopened_because=None,
            closing_note_sealed=None,
        )
        keys = make_keys(
            self.batch,
            case_id,
            (Compartment.IDENTITY, Compartment.NOTES),
            readers=[counselor],
            custodians=self.team.coordinators,
            organisation=self.organisation,
            by=counselor.id,
            at=case["created_at"],
        )
        may_phone = self._consents(case_id, life, birth_year, counselor, keys)
        called = self._person(case_id, sex, keys, may_phone)
        self._assign(case_id, life, counselor)
        pronoun = notes.pronoun(sex, birth_year, life.opened_on)
        case["next_on"] = self._contacts(case_id, life, counselor, keys, pronoun, may_phone, due_on)
        if life.closed_on is None and self.rng.random() < WITH_REMINDER:
            self._reminder(case_id, counselor, keys, pronoun)
        needs = self._needs(case_id, life, counselor, keys)
        case["is_urgent"] = needs.is_urgent
        whom = Whom(case_id, life, birth_year, counselor, keys)
        self.support.make(whom)
        PaperMaker(self.batch).make(whom, group)
        chance = Random(f"{case_id}|plan")  # nosec B311
        ids = Ids(chance, case_id.int >> UNIT_SHIFT)
        PlanMaker(self.batch, ids, chance, self.horizon, self.unit).make(whom, needs)
        self.rights.make(whom)
        tell_the_course(self.batch, whom, self.unit.id, episode)
        return MadeCase(case_id, called, counselor, life, whom)

    def _needs(self, case_id: UUID, life: Life, counselor: Staff, keys: Keys) -> Needs:
        # Chance of its own: what is told of the contacts and groups does not depend on it.
        rng = Random(case_id.int)  # nosec B311
        place = (case_id, self.unit.id)
        return assess(self.batch, rng, self.horizon, place, life, counselor, keys)

    def _reminder(self, case_id: UUID, counselor: Staff, keys: Keys, pronoun: str) -> None:
        row = self.batch.add(
            Reminder,
            case_id=case_id,
            account_id=counselor.id,
            due_on=self.horizon.today + timedelta(days=self.rng.randint(-3, 12)),
            done_on=None,
            dropped_on=None,
            recorded_at=moment(self.rng, self.horizon.last_day),
            version=1,
        )
        seal(row, Reminder, "text", notes.reminder(self.rng, pronoun), keys)

    def _status(self, life: Life) -> CaseStatus:
        if life.closed_on:
            return CaseStatus.CLOSED
        days = (self.horizon.today - life.opened_on).days
        if days < 5:
            return CaseStatus.INTAKE
        if days < 40:
            return CaseStatus.ASSESSING
        later = {CaseStatus.ACTIVE: 85, CaseStatus.FOLLOW_UP: 12 if days > 300 else 0}
        return _one_of(self.rng, {**later, CaseStatus.PAUSED: 3})

    def _person(self, case_id: UUID, sex: Sex, keys: Keys, may_phone: bool) -> str:
        rng = self.rng
        name = names.full_name(rng, sex) if rng.random() < FULL_NAMES else ""
        alias = names.alias(rng) if not name or rng.random() < ALIASES else ""
        hamlet = names.hamlet(rng, self.unit.kind, self.province_code)
        cautions = notes.SAFE_CALLS if may_phone else notes.SAFE_VISITS
        row = self.batch.add(PersonIdentity, id=case_id, birth_date_sealed=None, version=1)
        texts = {
            "name": name,
            "alias": alias,
            "phone": names.phone(rng) if may_phone and rng.random() < PHONES else "",
            "address": f"{hamlet}, {self.unit.label}" if rng.random() < HAMLETS else "",
            "safe_contact": rng.choice(cautions) if rng.random() < CAUTIONS else "",
        }
        own = Random(case_id.int)  # nosec B311
        for place, said in notes.SAFE_MORE.items():
            texts[place] = own.choice(said) if texts["safe_contact"] else ""
        for attribute, text in texts.items():
            seal(row, PersonIdentity, attribute, text, keys)
        return alias or name.split()[-1]

    def _assign(self, case_id: UUID, life: Life, counselor: Staff) -> None:
        by = self.team.coordinators[0].id
        others = [other for other in self.team.counselors if other is not counselor]
        since = life.opened_on
        if others and self.rng.random() < HANDED_OVER and (self.horizon.today - since).days > 90:
            since += timedelta(days=60)
            self._assignment(case_id, self.rng.choice(others), life.opened_on, since, by)
        self._assignment(case_id, counselor, since, None, by)

    def _assignment(
        self, case_id: UUID, staff: Staff, from_on: date, until_on: date | None, by: UUID
    ) -> None:
        self.batch.add(
            Assignment,
            case_id=case_id,
            account_id=staff.id,
            from_on=from_on,
            until_on=until_on,
            assigned_by=by,
            is_cover=False,
        )

    def _consents(
        self, case_id: UUID, life: Life, birth_year: int, counselor: Staff, keys: Keys
    ) -> bool:
        """The first day's answers, a few withdrawals. Returns whether phoning is always allowed."""
        rng, answers = self.rng, {}
        is_minor = Birth(birth_year).is_minor(life.opened_on)
        method = ConsentMethod.GUARDIAN if is_minor else _one_of(rng, METHODS)
        witness = names.full_name(rng, rng.choice((Sex.MALE, Sex.FEMALE)))
        if method not in (ConsentMethod.GUARDIAN, ConsentMethod.ORAL_WITNESSED):
            witness = ""
        for purpose, share in YES.items():
            answers[purpose] = rng.randrange(100) < share
            said = (purpose, answers[purpose], method, life.opened_on)
            self._consent(case_id, said, witness, counselor, keys)
        later = life.opened_on + timedelta(days=70)
        ended = life.closed_on or self.horizon.last_day
        if answers[Purpose.PHONE_CONTACT] and rng.random() < WITHDRAWN and later <= ended:
            said = (Purpose.PHONE_CONTACT, False, ConsentMethod.SIGNED, later)
            self._consent(case_id, said, "", counselor, keys)
            return False
        return answers[Purpose.PHONE_CONTACT]

    def _consent(
        self,
        case_id: UUID,
        said: tuple[Purpose, bool, ConsentMethod, date],
        witness: str,
        counselor: Staff,
        keys: Keys,
    ) -> None:
        purpose, is_given, method, on = said
        row = self.batch.add(
            Consent,
            case_id=case_id,
            purpose=purpose,
            partner_id=None,
            to_unit_id=None,
            child_agrees=is_given if method is ConsentMethod.GUARDIAN else None,
            is_given=is_given,
            method=method,
            on_day=on,
            until_on=None,
            recorded_by=counselor.id,
            recorded_at=moment(self.rng, on),
        )
        seal(row, Consent, "witness", witness, keys)

    def _contacts(
        self,
        case_id: UUID,
        life: Life,
        counselor: Staff,
        keys: Keys,
        pronoun: str,
        may_phone: bool,
        due_on: date | None,
    ) -> date | None:
        """The contacts. Returns the next appointment of an open case."""
        days = list(contact_days(self.rng, life, self.horizon))
        if due_on:
            # Contacts that leave no room for the wanted appointment did not take place.
            days = [(on, next_on) for on, next_on in days if (due_on - on).days >= 7]
            days[-1:] = [(on, due_on) for on, _ in days[-1:]]
        for on, next_on in days:
            kind = _one_of(self.rng, KINDS)
            if kind is ContactKind.PHONE and not may_phone:
                kind = ContactKind.HOME
            note, topics = notes.contact_note(self.rng, kind, pronoun)
            row = self.batch.add(
                Contact,
                case_id=case_id,
                unit_id=self.unit.id,
                kind=kind,
                on_day=on,
                minutes=self.rng.choice(MINUTES),
                topics=topics,
                taken_back_at=None,
                taken_back_by=None,
                next_on=next_on,
                recorded_by=counselor.id,
                recorded_at=moment(self.rng, on),
                version=1,
            )
            seal(row, Contact, "note", note, keys)
            closed = self.rng.random() < CLOSED_NOTES
            text = notes.closed_note(self.rng, pronoun) if closed else ""
            seal(row, Contact, "closed_note", text, keys)
        if life.closed_on:
            return None
        return due_on or (days[-1][1] if days else life.opened_on + timedelta(days=7))


def reference_of(number: int, seed: int) -> str:
    """The case code of the nth case: it looks drawn, and no two are the same."""
    base = len(LETTERS)
    # The factor has no divisor in common with the number of codes: all codes differ.
    code, letters = (number * 271_828_183 + seed * 104_729 + 1_234_577) % base**6, []
    for _ in range(6):
        code, digit = divmod(code, base)
        letters.append(LETTERS[digit])
    return f"{''.join(letters[:3])}-{''.join(letters[3:])}"


def _one_of(rng: Random, weights: dict[T, int]) -> T:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
