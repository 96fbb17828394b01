"""Reading consent: of the answers to one purpose (and one partner or unit), the latest counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select

from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose, Standing
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.queries import names_of
from casework.organisation.partners.models import Partner
from casework.organisation.units.models import Unit, UnitKind
from casework.organisation.units.queries import valid_on

# Asked of everybody; referrals are asked about one by one.
ASKED = (Purpose.RECORD, Purpose.PHONE_CONTACT, Purpose.ANONYMOUS_STATISTICS)


@dataclass(frozen=True, slots=True)
class Matter:
    """What was asked: a purpose, and the partner or unit it is about."""

    purpose: Purpose
    label: Any
    partner_id: UUID | None = None
    to_unit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A matter with what the person says to it now. `answers` are newest first."""

    matter: Matter
    answers: Sequence[Consent]

    @property
    def latest(self) -> Consent:
        """The answer that counts."""
        return self.answers[0]

    def standing(self, on: date) -> Standing:
        """Where the person stands on a day."""
        return standing_of(self.answers, on)


def standing_of(answers: Sequence[Consent], on: date) -> Standing:
    """Where answers to one matter, newest first, leave it on a day."""
    given = [answer for answer in answers if answer.on <= on]
    if not given:
        return Standing.UNASKED
    if given[0].is_given:
        return Standing.AGREES if given[0].holds(on) else Standing.EXPIRED
    return Standing.WITHDRAWN if any(each.is_given for each in given) else Standing.REFUSED


def list_consents(case: Case) -> Sequence[Consent]:
    """Every answer, newest first."""
    return db.session.scalars(_answers(case)).all()


def list_lines(case: Case) -> list[ConsentLine]:
    """What everybody is asked, then every partner and unit this person was asked about."""
    answers: dict[tuple[str, UUID | None, UUID | None], list[Consent]] = {
        (purpose, None, None): [] for purpose in ASKED
    }
    for consent in list_consents(case):
        about = (consent.purpose, consent.partner_id, consent.to_unit_id)
        answers.setdefault(about, []).append(consent)
    names = _names(answers)
    return [
        ConsentLine(_matter(Purpose(code), partner, unit, names), found)
        for (code, partner, unit), found in answers.items()
    ]


def list_recorders(lines: Iterable[ConsentLine]) -> dict[UUID | None, str]:
    """The names of those who wrote answers down."""
    return names_of([answer.recorded_by for line in lines for answer in line.answers])


def get_line(case: Case, consent_id: UUID) -> ConsentLine:
    """The matter that an answer of this case is about. Raises OutOfReach."""
    for line in list_lines(case):
        if any(answer.id == consent_id for answer in line.answers):
            return line
    raise OutOfReach


def find_matter(
    purpose: Purpose, partner_id: UUID | None = None, to_unit_id: UUID | None = None
) -> Matter:
    """A matter with its words."""
    names = _names([(purpose, partner_id, to_unit_id)])
    return _matter(purpose, partner_id, to_unit_id, names)


def list_receiving_units(unit: Unit, on: date, asked: str = "") -> list[Unit]:
    """The units that a case can be handed over to on a day: those of the unit's province, and
    another one that was asked for by its id.
    """
    try:
        other = UUID(asked)
    except ValueError:
        other = unit.id
    query = select(Unit).where(
        or_(Unit.province_id == unit.province_id, Unit.id == other),
        Unit.id != unit.id,
        ~Unit.is_province,
        Unit.kind != UnitKind.DISTRICT,
        valid_on(on),
    )
    return sorted(db.session.scalars(query), key=lambda found: words_key(found.name))


def list_answers(
    case: Case, purpose: Purpose, *, partner_id: UUID | None = None, to_unit_id: UUID | None = None
) -> Sequence[Consent]:
    """The answers to one purpose and to exactly this partner or unit, newest first. An answer to
    referrals in general, without a partner, is none to any of them.
    """
    query = _answers(case).where(
        Consent.purpose == purpose,
        Consent.partner_id == partner_id,
        Consent.to_unit_id == to_unit_id,
    )
    return db.session.scalars(query).all()


def find_consent(
    case: Case,
    purpose: Purpose,
    on: date,
    *,
    partner_id: UUID | None = None,
    to_unit_id: UUID | None = None,
) -> Consent | None:
    """The consent that holds on a day: the latest answer given until then, when it is a yes that
    has not expired. What a person withdraws later does not undo what was done while they agreed; a
    deed of today asks for today.
    """
    if purpose is Purpose.REFERRAL and partner_id is None and to_unit_id is None:
        return None
    answers = list_answers(case, purpose, partner_id=partner_id, to_unit_id=to_unit_id)
    latest = next((answer for answer in answers if answer.on <= on), None)
    return latest if latest is not None and latest.holds(on) else None


def has_consent(
    case: Case,
    purpose: Purpose,
    on: date,
    *,
    partner_id: UUID | None = None,
    to_unit_id: UUID | None = None,
) -> bool:
    """Whether a consent holds on a day."""
    found = find_consent(case, purpose, on, partner_id=partner_id, to_unit_id=to_unit_id)
    return found is not None


def _answers(case: Case) -> Select[Consent]:
    # Of two answers written in one instant the refusal counts.
    newest = (Consent.on.desc(), Consent.recorded_at.desc(), Consent.is_given)
    return select(Consent).where(Consent.case_id == case.id).order_by(*newest)


def _names(about: Iterable[tuple[str, UUID | None, UUID | None]]) -> dict[UUID, str]:
    partners = {partner_id for _, partner_id, _ in about if partner_id is not None}
    units = {unit_id for _, _, unit_id in about if unit_id is not None}
    names: dict[UUID, str] = {}
    if partners:
        query = select(Partner.id, Partner.name).where(Partner.id.in_(partners))
        names |= {row.id: row.name for row in db.session.execute(query)}
    if units:
        found = db.session.scalars(select(Unit).where(Unit.id.in_(units)))
        names |= {unit.id: unit.label for unit in found}
    return names


def _matter(
    purpose: Purpose, partner_id: UUID | None, to_unit_id: UUID | None, names: dict[UUID, str]
) -> Matter:
    label = purpose.word
    if partner_id is not None:
        label = _l("Refer to %(partner)s", partner=names[partner_id])
    elif to_unit_id is not None:
        label = _l("Hand this case over to %(unit)s", unit=names[to_unit_id])
    return Matter(purpose, label, partner_id, to_unit_id)
