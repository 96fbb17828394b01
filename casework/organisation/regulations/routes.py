"""The operating regulations of a body with their meeting rules."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.organisation.bodies.models import Body
from casework.organisation.bodies.queries import get_body, may_change, said_earlier
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.regulations import operations, queries
from casework.organisation.regulations.forms import (
    CorrectionForm,
    RegulationForm,
    RulesForm,
    rules_as_they_are,
)
from casework.organisation.regulations.models import Regulation

bp = Blueprint("regulations", __name__, url_prefix="/bodies/<uuid:body_id>/regulations")
FOLDER = "organisation/regulations"
BOTH = ("GET", "POST")
LABELS = {
    "number": _l("Number of the regulation"),
    "signed_on": _l("Signed on"),
    "signed_by": _l("Signed by"),
    "valid_from": _l("In force from"),
    "valid_until": _l("In force until"),
    "note": _l("Note"),
}


@bp.get("")
@requires(Permission.BODY_READ)
def index(access: Access, body_id: UUID) -> ResponseReturnValue:
    """The regulations, newest first, with validity, paper and meeting rules."""
    body = get_body(access, body_id)
    regulations = queries.list_regulations([body.id])
    ids = [regulation.id for regulation in regulations]
    rules = queries.list_rules([body.id])
    in_force = next((each for each in regulations if queries.holds_on(each, today())), None)
    return render(
        f"{FOLDER}/list.html",
        body=body,
        regulations=regulations,
        in_force=in_force,
        rules={id_: [rule for rule in rules if rule[0].regulation_id == id_] for id_ in ids},
        other_rules=[rule for rule in rules if rule[0].regulation_id not in ids],
        rule_words=queries.rule_words,
        files=list_files(ids),
        earlier=[(each, said_earlier(each.said, LABELS)) for each in list_earlier(ids)],
        today=today(),
        may_change=may_change(access, body.unit_id),
    )


@bp.route("/new", methods=BOTH)
@requires(Permission.BODY_WRITE)
def new(access: Access, body_id: UUID) -> ResponseReturnValue:
    """A regulation with its meeting rules."""
    body = get_body(access, body_id)
    names, rules = _rules_of(body)
    form = RegulationForm(data={"rules": rules})
    status = carry_out(form, lambda: _issue(body, form, access.actor))
    if status != 303:
        return render(f"{FOLDER}/new.html", body=body, form=form, names=names), status
    flash(_("The regulation is recorded. Its meetings stand in the calendar."), "success")
    return redirect(url_for(".index", body_id=body.id), 303)


@bp.route("/<uuid:regulation_id>", methods=BOTH)
@requires(Permission.BODY_WRITE)
def correct(access: Access, body_id: UUID, regulation_id: UUID) -> ResponseReturnValue:
    """Correct a regulation or add a paper; what it said before stays."""
    body = get_body(access, body_id)
    regulation = queries.get_regulation(body, regulation_id)
    form = CorrectionForm(obj=regulation)
    status = carry_out(
        form, lambda: _correct(body, regulation, form, access.actor), regulation.version
    )
    if status != 303:
        return render(
            f"{FOLDER}/correct.html",
            body=body,
            regulation=regulation,
            form=form,
            files=list_files([regulation.id])[regulation.id],
            stale=status == 409,
        ), status
    flash(_("The regulation is saved."), "success")
    return redirect(url_for(".index", body_id=body.id), 303)


@bp.route("/<uuid:regulation_id>/rules", methods=BOTH)
@requires(Permission.BODY_WRITE)
def change_rules(access: Access, body_id: UUID, regulation_id: UUID) -> ResponseReturnValue:
    """Other meeting rules under the same regulation, from a day on."""
    body = get_body(access, body_id)
    regulation = queries.get_regulation(body, regulation_id)
    names, rules = _rules_of(body)
    form = RulesForm(data={"rules": rules})
    status = carry_out(
        form,
        lambda: operations.change_rules(
            body, regulation, form.chosen_rules(), on=form.on.data, by=access.actor
        ),
    )
    if status != 303:
        return render(
            f"{FOLDER}/rules.html", body=body, regulation=regulation, form=form, names=names
        ), status
    flash(_("The meeting rules are saved."), "success")
    return redirect(url_for(".index", body_id=body.id), 303)


def _rules_of(body: Body) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Whose meetings can be ruled, by name; and how they meet today."""
    circles = queries.list_circles(body, today())
    lasting = {
        schedule.group_id or schedule.body_id: schedule
        for schedule, _group in queries.list_rules([body.id])
        if schedule.until_on is None or schedule.until_on >= today()
    }
    schedules = {circle_id: found for circle_id, found in lasting.items() if circle_id is not None}
    return {str(circle.id): circle.name for circle in circles}, rules_as_they_are(
        circles, schedules
    )


def _issue(body: Body, form: RegulationForm, by: Actor) -> None:
    regulation = operations.issue_regulation(body, form.terms(), form.chosen_rules(), by=by)
    _attach(form, body, regulation, by)


def _correct(body: Body, regulation: Regulation, form: CorrectionForm, by: Actor) -> None:
    operations.correct_regulation(body, regulation, form.terms(), by=by)
    _attach(form, body, regulation, by)


def _attach(
    form: RegulationForm | CorrectionForm, body: Body, regulation: Regulation, by: Actor
) -> None:
    if form.paper.data is not None:
        attach_file(form.paper.data, "regulation", regulation.id, body.unit_id, by=by)
