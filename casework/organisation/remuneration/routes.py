"""Remuneration: a year of a unit, the payroll of a month, single payments, and one's own."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import add_months, today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.uploads import DOCX, XLSX
from casework.core.workbooks import send_file
from casework.organisation.bodies.queries import Scope, find_scope, find_year, years_since
from casework.organisation.remuneration import operations, queries
from casework.organisation.remuneration.forms import PayForm, TakeBackForm, month_of
from casework.organisation.remuneration.models import Payment
from casework.organisation.units.queries import get_unit

bp = Blueprint("remuneration", __name__, url_prefix="/remuneration")
menu(_l("Remuneration"), "remuneration.index", lambda: can(Permission.BUDGET_READ), Section.MONEY)
menu(
    _l("My remuneration"),
    "remuneration.own",
    lambda: can(Permission.REMUNERATION_OWN) and not can(Permission.BUDGET_READ),
    Section.MONEY,
)
FOLDER = "organisation/remuneration"
FIRST_YEAR = 2010


@bp.get("")
@requires(Permission.BUDGET_READ)
def index(access: Access) -> ResponseReturnValue:
    """A year of a unit: what is due, paid and owed, by month and by member."""
    scope, year = find_scope(access), find_year(years_since(FIRST_YEAR))
    if scope is None:
        return render(f"{FOLDER}/nothing.html")
    lines = _lines_of_year(year, scope.unit_ids)
    return render(
        f"{FOLDER}/year.html",
        scope=scope,
        year=year,
        years=years_since(FIRST_YEAR),
        rows=queries.by_member(lines),
        months=queries.by_month(lines),
        share=queries.count_paid(lines),
        missing=_missing(lines),
    )


@bp.get("/month")
@requires(Permission.BUDGET_READ)
def month(access: Access) -> ResponseReturnValue:
    """The payroll of a month (`?month=2026-03`), and the form that pays it."""
    scope = find_scope(access)
    if scope is None:
        return render(f"{FOLDER}/nothing.html")
    lines = queries.months_due(scope.unit_ids, _asked_month(), _asked_month())
    return _month_page(scope, lines, PayForm.filled(lines))


@bp.post("/payments")
@requires(Permission.BUDGET_WRITE)
def pay(access: Access) -> ResponseReturnValue:
    """Enter what was paid to the ticked members."""
    scope, form = find_scope(access), PayForm()
    if scope is None:
        raise OutOfReach
    lines = queries.months_due(scope.unit_ids, _asked_month(), _asked_month())
    if not form.validate():
        return _month_page(scope, lines, form), 422
    try:
        operations.pay(
            scope.unit_ids,
            _asked_month(),
            form.wanted(),
            voucher=form.voucher.data,
            on=form.paid_on.data,
            by=access.actor,
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _month_page(scope, lines, form), 422
    flash(_("The payments are entered. The head of the unit approves them."), "success")
    return redirect(_month_url(scope, _asked_month()), 303)


@bp.get("/payroll.xlsx")
@requires(Permission.BUDGET_READ)
def workbook(access: Access) -> ResponseReturnValue:
    """The payroll sheet of a month as a workbook."""
    scope, asked = _needed_scope(access), _asked_month()
    lines = queries.months_due(scope.unit_ids, asked, asked)
    audit.record_read(
        "remuneration.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    content = operations.payroll_workbook(scope.unit, asked, lines)
    return send_file(content, f"bang-thu-lao-{asked:%Y-%m}.xlsx", XLSX)


@bp.get("/payroll.docx")
@requires(Permission.BUDGET_READ)
def paper(access: Access) -> ResponseReturnValue:
    """The payroll sheet of a month to be signed."""
    scope, asked = _needed_scope(access), _asked_month()
    lines = queries.months_due(scope.unit_ids, asked, asked)
    audit.record_read(
        "remuneration.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    content = operations.payroll_paper(scope.unit, asked, lines)
    return send_file(content, f"bang-thu-lao-{asked:%Y-%m}.docx", DOCX)


@bp.get("/payments/<uuid:payment_id>")
@requires(Permission.BUDGET_READ)
def show(access: Access, payment_id: UUID) -> ResponseReturnValue:
    """One payment: who entered it, who approved it, and what took it back."""
    payment = queries.get_payment(access, payment_id)
    return _payment_page(payment, TakeBackForm())


@bp.post("/payments/<uuid:payment_id>/approve")
@requires(Permission.BUDGET_APPROVE)
def approve(access: Access, payment_id: UUID) -> ResponseReturnValue:
    """Approve the voucher to which a payment belongs."""
    payment = queries.get_payment(access, payment_id)
    try:
        operations.approve(payment, by=access.actor)
        flash(_("The voucher is approved."), "success")
    except RuleBroken as broken:
        flash(str(broken.message), "danger")
    return redirect(url_for(".show", payment_id=payment_id), 303)


@bp.post("/payments/<uuid:payment_id>/take-back")
@requires(Permission.BUDGET_WRITE)
def take_back(access: Access, payment_id: UUID) -> ResponseReturnValue:
    """Take a payment back; what was paid stays readable."""
    payment, form = queries.get_payment(access, payment_id), TakeBackForm()
    if not form.validate():
        return _payment_page(payment, form), 422
    try:
        operations.take_back(
            payment,
            voucher=form.voucher.data,
            on=form.paid_on.data,
            why=form.why.data,
            by=access.actor,
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _payment_page(payment, form), 422
    flash(_("The payment is taken back. Its month is owed again."), "success")
    return redirect(url_for(".show", payment_id=payment_id), 303)


@bp.get("/own")
@requires(Permission.REMUNERATION_OWN)
def own(access: Access) -> ResponseReturnValue:
    """The account's own months: what is due and what was paid."""
    member, year = queries.find_own_member(access.account_id), find_year(years_since(FIRST_YEAR))
    lines = _lines_of_year(year, (), member.id) if member else []
    return render(
        f"{FOLDER}/own.html",
        member=member,
        lines=lines,
        year=year,
        years=years_since(FIRST_YEAR),
        share=queries.count_paid(lines),
    )


def _asked_month() -> date:
    asked = month_of(request.args.get("month"), today())
    return asked if FIRST_YEAR <= asked.year <= today().year + 1 else today().replace(day=1)


def _needed_scope(access: Access) -> Scope:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def _lines_of_year(
    year: int, unit_ids: Collection[UUID], member_id: UUID | None = None
) -> list[queries.Line]:
    until = min(date(year, 12, 31), today())
    return queries.months_due(unit_ids, date(year, 1, 1), until, member_id)


def _missing(lines: list[queries.Line]) -> list[str]:
    """What must be entered, each said once."""
    return list(dict.fromkeys(said for line in lines for said in line.missing))


def _month_url(scope: Scope, of: date) -> str:
    return url_for(".month", unit=scope.unit.id, month=f"{of:%Y-%m}")


def _month_page(scope: Scope, lines: list[queries.Line], form: PayForm) -> str:
    asked = _asked_month()
    return render(
        f"{FOLDER}/month.html",
        scope=scope,
        month=asked,
        lines=lines,
        parts=form.by_key(),
        form=form,
        share=queries.count_paid(lines),
        total=sum(line.amount or 0 for line in lines),
        owed=sum(line.owed for line in lines),
        vouchers=queries.list_vouchers(lines),
        missing=_missing(lines),
        previous=_month_url(scope, add_months(asked, -1)),
        following=_month_url(scope, add_months(asked, 1)) if asked < today().replace(day=1) else "",
    )


def _payment_page(payment: Payment, form: TakeBackForm) -> str:
    correction = queries.find_correction(payment)
    return render(
        f"{FOLDER}/payment.html",
        payment=payment,
        member=queries.get_member(payment),
        month_url=url_for(
            ".month",
            unit=payment.unit_id if get_unit(payment.unit_id).valid_until is None else None,
            month=f"{payment.month:%Y-%m}",
        ),
        correction=correction,
        names=queries.names_of({payment.recorded_by, payment.approved_by}),
        form=form,
    )
