"""What an inspection found: proposed by the checklist, accepted by people, strengths first."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import Form, RuleBroken, carry_out
from casework.core.htmx import render, wants_fragment
from casework.inspection.findings import operations
from casework.inspection.findings.forms import AcceptForm, DecideForm, MoveForm, OwnForm, Way
from casework.inspection.findings.models import Finding, FindingKind, FindingStatus
from casework.inspection.findings.queries import (
    get_finding,
    list_accepted,
    list_findings,
    list_proposed,
)
from casework.inspection.findings.rules import compare, is_outdated
from casework.inspection.inspections.queries import is_on_team
from casework.inspection.visits.operations import require_before_minutes
from casework.inspection.visits.queries import Room, get_room, list_checks
from casework.inspection.visits.rules import is_frozen

bp = Blueprint("findings", __name__, url_prefix="/inspections/<uuid:inspection_id>/findings")
FOLDER = "inspection/findings"


@bp.get("")
@requires(Permission.INSPECTION_READ)
def index(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What was found, in the order of a report. The unit reads what was accepted, once the minutes
    are frozen.
    """
    return _overview(access, get_room(access, inspection_id), Form())


@bp.post("/propose")
@requires(Permission.INSPECTION_WRITE)
def propose(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Propose from the checklist as it is answered now."""
    room, form = get_room(access, inspection_id), Form()
    status = carry_out(form, lambda: operations.propose_findings(room, access.actor))
    if status != 303:
        return _overview(access, room, form), status
    flash(_("The proposals are as the checklist says now."), "success")
    return redirect(url_for(".index", inspection_id=inspection_id), 303)


@bp.post("/accept")
@requires(Permission.INSPECTION_WRITE)
def accept(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Accept the ticked proposals as they are."""
    room, form = get_room(access, inspection_id), AcceptForm()
    form.offer(_waiting(list_findings(inspection_id)))
    status = carry_out(
        form,
        lambda: operations.accept(room, set(map(UUID, form.ids.data)), by=access.actor),
    )
    if status != 303:
        return _overview(access, room, form), status
    flash(_("%(count)s findings are accepted.", count=len(form.ids.data)), "success")
    return redirect(url_for(".index", inspection_id=inspection_id), 303)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def add(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """A finding of the inspectors' own."""
    room, form = get_room(access, inspection_id), OwnForm()
    status = carry_out(form, lambda: operations.add_finding(room, form.answer(), by=access.actor))
    if status != 303:
        return _form(access, room, form, None), status
    flash(_("The finding is added."), "success")
    return redirect(url_for(".index", inspection_id=inspection_id), 303)


@bp.route("/<uuid:finding_id>", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def decide(access: Access, inspection_id: UUID, finding_id: UUID) -> ResponseReturnValue:
    """Accept a finding in words of one's own, or decline it."""
    room = get_room(access, inspection_id)
    finding = get_finding(inspection_id, finding_id)
    form = DecideForm.of(finding)
    status = carry_out(
        form,
        lambda: operations.decide(room, finding, form.answer(), by=access.actor),
        finding.version,
    )
    if status != 303:
        return _form(access, room, form, finding, conflict=status == 409), status
    flash(_("The decision is saved."), "success")
    return redirect(url_for(".index", inspection_id=inspection_id), 303)


@bp.post("/<uuid:finding_id>/move")
@requires(Permission.INSPECTION_WRITE)
def move(access: Access, inspection_id: UUID, finding_id: UUID) -> ResponseReturnValue:
    """Have it stand before or behind its neighbour."""
    room, form = get_room(access, inspection_id), MoveForm()
    finding = get_finding(inspection_id, finding_id)
    status = carry_out(
        form,
        lambda: operations.move(room, finding, up=form.to.data is Way.UP, by=access.actor),
    )
    if status != 303:
        return _overview(access, room, form), status
    return redirect(
        url_for(".index", inspection_id=inspection_id, _anchor=f"finding-{finding.id}"), 303
    )


def _overview(access: Access, room: Room, form: Form) -> str:
    findings = _readable(room)
    on_team = can(Permission.INSPECTION_WRITE) and is_on_team(
        room.inspection.plan_id, access.account_id
    )
    may_write = on_team and room.visit is not None and not is_frozen(room.inspection)
    proposed = []
    if may_write:
        proposed = list_proposed(room.visit, list_checks(room.inspection.id))
    lines = compare(findings, proposed) if may_write else []
    accepting = form if isinstance(form, AcceptForm) else AcceptForm(formdata=None)
    accepting.offer(_waiting(findings))
    return render(
        f"{FOLDER}/{'panel' if wants_fragment() else 'list'}.html",
        room=room,
        form=form,
        accepting=accepting,
        waiting=_waiting(findings),
        accepted=[each for each in findings if each.status == FindingStatus.ACCEPTED],
        declined=[each for each in findings if each.status == FindingStatus.DECLINED],
        lines={line.finding.id: line for line in lines},
        is_outdated=may_write and is_outdated(findings, proposed),
        may_write=may_write,
        FindingKind=FindingKind,
    )


def _readable(room: Room) -> list[Finding]:
    if room.is_department:
        return list_findings(room.inspection.id)
    return list_accepted(room.inspection.id) if room.is_shown else []


def _waiting(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.status == FindingStatus.PROPOSED]


def _form(
    access: Access,
    room: Room,
    form: OwnForm | DecideForm,
    finding: Finding | None,
    *,
    conflict: bool = False,
) -> str:
    try:
        visit = require_before_minutes(room, by=access.actor)
        why_not = ""
    except RuleBroken as broken:
        visit, why_not = None, str(broken.message)
    checks = list_checks(room.inspection.id) if finding and finding.proposed_text else []
    lines = compare([finding], list_proposed(visit, checks)) if finding else []
    return render(
        f"{FOLDER}/form.html",
        room=room,
        form=form,
        finding=finding,
        line=lines[0] if lines else None,
        conflict=conflict,
        why_not=why_not,
        FindingKind=FindingKind,
        FindingStatus=FindingStatus,
    )
