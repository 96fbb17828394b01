"""Giving support, correcting it and taking it back. Nothing written is lost by it.

A voucher has a number and never a name, and is used once in a unit and year. Whoever uses one holds
the unit's money, as whoever moves it does, so that of two at once the second is told; the database
refuses it besides.
"""

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.operations import require_consent_to_record
from casework.confidential.history.operations import keep_revision
from casework.confidential.services.models import Service, ServiceKind
from casework.confidential.services.queries import find_voucher, use_of_voucher
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.organisation.budgets.models import FundingSource
from casework.organisation.budgets.operations import hold_money
from casework.organisation.budgets.queries import find_use_beside_support, list_voucher_units
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable

FIELDS = ("kind", "on", "is_money", "amount", "funding_source", "voucher", "note")
# A number has a digit, and no run of letters long enough for most names: PC-12/2026, UNC.0045.
_VOUCHER = re.compile(r"(?=.*\d)(?!.*[A-Za-zĐđ]{7})[0-9A-Za-zĐđ./-]{1,40}")


def give_support(case: Case, answer: dict[str, Any], *, by: Actor) -> Service:
    """Add an item of support."""
    _check(case, answer, case.unit_id)
    require_consent_to_record(case, field="note")
    told = {**_values(answer), **_use(answer)}
    service = Service(id=uuid4(), case_id=case.id, unit_id=case.unit_id, recorded_by=by.id, **told)
    db.session.add(service)
    audit.record("service.give", "case", case.id, by=by, unit_id=case.unit_id)
    return service


def correct_support(case: Case, service: Service, answer: dict[str, Any], *, by: Actor) -> None:
    """Change an item; what it said stays readable."""
    _refuse_taken_back(service)
    _check(case, answer, service.unit_id, but=service.id)
    if answer["note"] and isinstance(service.note, Unreadable):
        message = _l("The text that stands here can't be opened, so it can't be replaced.")
        raise RuleBroken(message, field="note")
    keep_revision(service, "service", FIELDS, by=by)
    for name, value in {**_values(answer), **_use(answer)}.items():
        setattr(service, name, value)
    audit.record("service.correct", "case", case.id, by=by, unit_id=case.unit_id)


def take_back_support(case: Case, service: Service, reason: str, *, by: Actor) -> None:
    """Have an item that was not given, or not to this person, count nowhere. It stays readable,
    with the reason, and its voucher is free again.
    """
    _refuse_taken_back(service)
    _check_open(case)
    keep_revision(service, "service", (), by=by, reason=reason)
    service.taken_back_at, service.taken_back_by = now(), by.id
    service.voucher_use = None
    audit.record("service.take_back", "case", case.id, by=by, unit_id=case.unit_id)


def tell_of_other_use(case: Case, voucher: str, on: date) -> str:
    """What to ask the accountant, when the unit's books use a voucher for something else; else
    nothing. The books' own words are not told: not everybody who supports may read them.
    """
    if not voucher:
        return ""
    use = find_use_beside_support(voucher, list_voucher_units(case.unit_id), on.year)
    if use is None:
        return ""
    return str(
        _l(
            "The unit's books use the voucher %(voucher)s for something else on %(day)s. "
            "Ask the accountant which is right.",
            voucher=voucher,
            day=day(use.on),
        )
    )


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    return {**{name: answer[name] for name in FIELDS}, "voucher": answer["voucher"] or ""}


def _use(answer: dict[str, Any]) -> dict[str, str | None]:
    return {"voucher_use": use_of_voucher(answer["voucher"] or "", answer["on"])}


def _refuse_taken_back(service: Service) -> None:
    if service.taken_back_at is not None:
        raise RuleBroken(_l("This support was taken back."))


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)


def _check(case: Case, answer: dict[str, Any], unit_id: UUID, *, but: UUID | None = None) -> None:
    _check_open(case)
    if answer["on"] < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    is_loan = answer["kind"] is ServiceKind.LOAN
    if is_loan and not answer["is_money"]:
        raise RuleBroken(_l("A loan is money."), field="how")
    if not is_loan and answer["funding_source"] is FundingSource.VBSP_LOAN:
        raise RuleBroken(_l("From this source only a loan comes."), field="funding_source")
    if answer["is_money"] and answer["amount"] is None:
        raise RuleBroken(_l("Money needs an amount."), field="amount")
    if answer["voucher"]:
        _check_voucher(unit_id, answer["voucher"], answer["on"].year, but)


def _check_voucher(unit_id: UUID, voucher: str, year: int, but: UUID | None) -> None:
    if not _VOUCHER.fullmatch(voucher):
        message = _l("A voucher's number, such as PC-12/2026: letters, digits, . / - and no name.")
        raise RuleBroken(message, field="voucher")
    hold_money(unit_id)
    used = find_voucher(voucher, unit_id, year, but=but)
    if used is not None:
        message = _l(
            "The voucher %(voucher)s was used already, for support given on %(day)s.",
            voucher=voucher,
            day=day(used.on),
        )
        raise RuleBroken(message, field="voucher")
