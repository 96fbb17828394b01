"""Bodies of a unit, everything about one, its decisions and groups; and the unit's hamlets.

A page that changes something has one address: GET shows its form, POST carries it out.
"""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import Stale, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.bodies import operations, queries
from casework.organisation.bodies.forms import (
    AttachForm,
    BodyFilter,
    BodyForm,
    DecisionForm,
    GroupChangeForm,
    GroupForm,
    HamletForm,
    HamletsForm,
    NameForm,
    names_in,
)
from casework.organisation.bodies.models import Body, Decision, DecisionKind
from casework.organisation.bodies.queries import get_body
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.models import Hamlet

bp = Blueprint("bodies", __name__, url_prefix="/bodies")
menu(_l("Bodies"), "bodies.index", lambda: can(Permission.BODY_READ), Section.ORGANISATION)
FOLDER = "organisation/bodies"
BOTH = ("GET", "POST")
# What a body, a decision or a group said earlier, in this order.
LABELS = {
    "name": _l("Name of the body or group"),
    "number": _l("Number of the decision"),
    "signed_on": _l("Signed on"),
    "effective_on": _l("In effect from"),
    "signed_by": _l("Signed by"),
    "note": _l("Note"),
    "active_from": _l("First day"),
    "active_until": _l("Last day"),
}


@bp.get("")
@requires(Permission.BODY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The bodies of a unit as they stand today, or as they stood on a day."""
    scope, form = queries.find_scope(access), BodyFilter(formdata=request.args)
    valid = form.validate()
    on: date = (form.on.data if valid else None) or today()
    past = on != today()
    bodies = queries.list_bodies(scope.unit_ids, on if past else None) if scope else []
    lines = queries.list_lines(bodies, on)
    ended = [line for line in lines if not past and (line.body.active_until or on) < on]
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        form=form,
        on=on,
        past=past,
        lines=[line for line in lines if line not in ended],
        ended=ended,
        may_change=scope is not None and queries.may_change(access, scope.unit.id),
    ), 200 if valid else 422


@bp.route("/new", methods=BOTH)
@requires(Permission.BODY_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """A body with the decision that established it."""
    scope, form = queries.find_scope(access), BodyForm()
    if scope is None:
        raise OutOfReach
    form.offer(queries.list_units_to_choose(access), scope.unit.id)
    made: list[Body] = []
    status = carry_out(form, lambda: made.append(_open_body(form, access.actor)))
    if status != 303:
        return render(f"{FOLDER}/new.html", form=form, scope=scope), status
    flash(_("The body is recorded."), "success")
    return redirect(url_for(".show", body_id=made[0].id), 303)


@bp.get("/<uuid:body_id>")
@requires(Permission.BODY_READ)
def show(access: Access, body_id: UUID) -> ResponseReturnValue:
    """Everything about a body: as it stands, its decisions with papers, its groups, its history."""
    body = get_body(access, body_id)
    line = queries.list_lines([body], today())[0]
    decision_ids = [decision.id for decision in line.decisions]
    group_ids = [group.id for group in line.all_groups]
    return render(
        f"{FOLDER}/show.html",
        line=line,
        body=body,
        today=today(),
        files=list_files(decision_ids),
        earlier=_earlier([body.id, *decision_ids, *group_ids]),
        may_change=queries.may_change(access, body.unit_id),
    )


@bp.route("/<uuid:body_id>/name", methods=BOTH)
@requires(Permission.BODY_WRITE)
def rename(access: Access, body_id: UUID) -> ResponseReturnValue:
    """Another name."""
    body = get_body(access, body_id)
    form = NameForm(obj=body)
    status = carry_out(
        form, lambda: operations.rename_body(body, form.name.data, by=access.actor), body.version
    )
    if status != 303:
        return render(f"{FOLDER}/name.html", body=body, form=form, stale=status == 409), status
    flash(_("The name is changed."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.route("/<uuid:body_id>/decisions/new", methods=BOTH)
@requires(Permission.BODY_WRITE)
def decide(access: Access, body_id: UUID) -> ResponseReturnValue:
    """A reorganisation or the dissolution."""
    body, form = get_body(access, body_id), DecisionForm()
    prompt = _offer(access, form, body)
    form.offer_kinds(establishes=False)
    status = carry_out(form, lambda: _record(body, form, access.actor))
    if status != 303:
        return render(f"{FOLDER}/decision.html", body=body, form=form, prompt=prompt), status
    flash(_("The decision is recorded."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.route("/<uuid:body_id>/decisions/<uuid:decision_id>", methods=BOTH)
@requires(Permission.BODY_WRITE)
def correct(access: Access, body_id: UUID, decision_id: UUID) -> ResponseReturnValue:
    """Correct a decision or add a paper; what it said before stays."""
    body = get_body(access, body_id)
    decision = queries.get_decision(body, decision_id)
    form = DecisionForm(obj=decision)
    form.offer(queries.list_units_to_choose(access, body), decision.unit_id)
    form.offer_kinds(establishes=decision.kind == DecisionKind.ESTABLISHMENT)
    status = carry_out(form, lambda: _correct(body, decision, form, access.actor), decision.version)
    if status != 303:
        return _decision_page(body, decision, form, stale=status == 409), status
    flash(_("The decision is saved."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.route("/<uuid:body_id>/groups/new", methods=BOTH)
@requires(Permission.BODY_WRITE)
def open_group(access: Access, body_id: UUID) -> ResponseReturnValue:
    """An open group of the body."""
    body, form = get_body(access, body_id), GroupForm()
    status = carry_out(
        form,
        lambda: operations.open_group(
            body.unit_id,
            form.kind.data,
            form.name.data,
            by=access.actor,
            on=form.active_from.data,
            body_id=body.id,
        ),
    )
    if status != 303:
        return render(f"{FOLDER}/group_new.html", body=body, form=form), status
    flash(_("The group is set up."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.route("/<uuid:body_id>/groups/attach", methods=BOTH)
@requires(Permission.BODY_WRITE)
def attach(access: Access, body_id: UUID) -> ResponseReturnValue:
    """A group of the unit that belongs to no body yet becomes the body's."""
    body, form = get_body(access, body_id), AttachForm()
    groups = {group.id: group for group in queries.list_groups_without_body(body)}
    form.offer(groups.values())
    status = carry_out(
        form,
        lambda: operations.attach_group(body, groups[form.group.data], by=access.actor),
    )
    if status != 303:
        return render(f"{FOLDER}/group_attach.html", body=body, form=form), status
    flash(_("The group belongs to this body now."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.route("/<uuid:body_id>/groups/<uuid:group_id>", methods=BOTH)
@requires(Permission.BODY_WRITE)
def change_group(access: Access, body_id: UUID, group_id: UUID) -> ResponseReturnValue:
    """A group's name and its last day."""
    body = get_body(access, body_id)
    group = queries.get_group(body, group_id)
    form = GroupChangeForm(obj=group)
    status = carry_out(
        form,
        lambda: operations.change_group(body, group, by=access.actor, **form.answer()),
        group.version,
    )
    if status != 303:
        return render(
            f"{FOLDER}/group.html", body=body, group=group, form=form, stale=status == 409
        ), status
    flash(_("The group is saved."), "success")
    return redirect(url_for(".show", body_id=body.id), 303)


@bp.get("/hamlets")
@requires(Permission.BODY_READ)
def hamlets(access: Access) -> ResponseReturnValue:
    """The hamlets of a unit."""
    return _hamlets_page(access, HamletsForm())


@bp.post("/hamlets")
@requires(Permission.BODY_WRITE)
def add_hamlets(access: Access) -> ResponseReturnValue:
    """Several more at once."""
    scope, form = queries.find_scope(access), HamletsForm()
    if scope is None:
        raise OutOfReach
    unit_id = scope.unit.id
    status = carry_out(
        form,
        lambda: operations.add_hamlets(
            unit_id, names_in(form.names.data), by=access.actor, on=form.active_from.data
        ),
    )
    if status != 303:
        return _hamlets_page(access, form), status
    flash(_("The hamlets are in the list."), "success")
    return redirect(url_for(".hamlets", unit=unit_id), 303)


@bp.route("/hamlets/<uuid:hamlet_id>", methods=BOTH)
@requires(Permission.BODY_WRITE)
def change_hamlet(access: Access, hamlet_id: UUID) -> ResponseReturnValue:
    """A hamlet's name and its last day."""
    hamlet = queries.get_hamlet(access, hamlet_id)
    form = HamletForm(obj=hamlet, before=_stamp(hamlet))
    status = carry_out(form, lambda: _change_hamlet(hamlet, form, access.actor))
    if status == 409:
        form.before.data = _stamp(hamlet)
    if status != 303:
        earlier = _earlier([hamlet.id])
        return render(
            f"{FOLDER}/hamlet.html",
            hamlet=hamlet,
            form=form,
            earlier=earlier,
            stale=status == 409,
        ), status
    flash(_("The hamlet is saved."), "success")
    return redirect(url_for(".hamlets", unit=hamlet.unit_id), 303)


def _open_body(form: BodyForm, by: Actor) -> Body:
    body = operations.open_body(form.unit.data, form.kind.data, form.name.data, form.terms(), by=by)
    _attach(form, queries.list_decisions(body)[0], by)
    return body


def _record(body: Body, form: DecisionForm, by: Actor) -> None:
    decision = operations.record_decision(
        body, form.kind.data, form.terms(), unit_id=_unit_chosen(form, body.unit_id), by=by
    )
    _attach(form, decision, by)


def _correct(body: Body, decision: Decision, form: DecisionForm, by: Actor) -> None:
    operations.correct_decision(
        body,
        decision,
        form.kind.data,
        form.terms(),
        unit_id=_unit_chosen(form, decision.unit_id),
        by=by,
    )
    _attach(form, decision, by)


def _unit_chosen(form: DecisionForm, stays: UUID) -> UUID:
    """A dissolution moves nothing, whatever the select still shows."""
    chosen: UUID = form.unit.data
    return stays if form.kind.data is DecisionKind.DISSOLUTION else chosen


def _attach(form: BodyForm | DecisionForm, decision: Decision, by: Actor) -> None:
    if form.paper.data is not None:
        attach_file(form.paper.data, "decision", decision.id, decision.unit_id, by=by)


def _offer(access: Access, form: DecisionForm, body: Body) -> queries.Prompt | None:
    """Offer the units; where the body's is no more, what it became is chosen."""
    units = queries.list_units_to_choose(access, body)
    prompt = queries.list_lines([body], today())[0].prompt
    within = {unit.id for unit in units}
    later = [unit.id for unit in prompt.became if unit.id in within] if prompt else []
    form.offer(units, next(iter(later), body.unit_id))
    return prompt


def _decision_page(body: Body, decision: Decision, form: DecisionForm, *, stale: bool) -> str:
    return render(
        f"{FOLDER}/decision_correct.html",
        body=body,
        decision=decision,
        form=form,
        files=list_files([decision.id])[decision.id],
        earlier=_earlier([decision.id]),
        stale=stale,
    )


def _hamlets_page(access: Access, form: HamletsForm) -> str:
    scope = queries.find_scope(access)
    return render(
        f"{FOLDER}/hamlets.html",
        scope=scope,
        form=form,
        hamlets=queries.list_hamlets(scope.unit_ids) if scope else [],
        today=today(),
        may_change=scope is not None and queries.may_change(access, scope.unit.id),
    )


def _change_hamlet(hamlet: Hamlet, form: HamletForm, by: Actor) -> None:
    if form.before.data != _stamp(hamlet):
        raise Stale(_l("Somebody saved this record after you opened it. Look at it again."))
    operations.change_hamlet(
        hamlet, name=form.name.data, active_until=form.active_until.data, by=by
    )


def _stamp(hamlet: Hamlet) -> str:
    return f"{hamlet.name} {hamlet.active_until or ''}".strip()


def _earlier(subject_ids: list[UUID]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    return [(each, queries.said_earlier(each.said, LABELS)) for each in list_earlier(subject_ids)]
