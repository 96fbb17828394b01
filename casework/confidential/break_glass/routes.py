"""Asking to open a case out of turn, and the page of data-protection officers who decide."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, current_identity, requires
from casework.authz.permissions import Permission
from casework.confidential.break_glass.forms import AskForm, DecisionForm, ReviewForm
from casework.confidential.break_glass.models import (
    EmergencyReason,
    Part,
    ReviewVerdict,
    State,
)
from casework.confidential.break_glass.operations import approve, ask_to_open, decline, review
from casework.confidential.break_glass.queries import (
    Line,
    count_open,
    get_line,
    holds_recovery,
    list_counselors,
    list_deeds,
    list_of_own_cases,
    list_officers,
    list_open,
    list_open_cases,
    list_own,
    list_running,
    list_settled,
    out_of_turn,
)
from casework.confidential.cases.queries import also_open
from casework.core import audit
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.accounts.queries import names_of

FOLDER = "confidential/break_glass"
bp = Blueprint("break_glass", __name__, url_prefix="/emergency")
bp.app_context_processor(lambda: {"out_of_turn": list_running, "Part": Part})
also_open(out_of_turn)


def _waiting() -> int:
    access = current_identity().access(Permission.EMERGENCY_DECIDE)
    return count_open(access) if access else 0


menu(
    _l("Openings out of turn"),
    "break_glass.decisions",
    lambda: can(Permission.EMERGENCY_DECIDE),
    count=_waiting,
)


@bp.get("")
@requires(Permission.EMERGENCY_ASK)
def index(access: Access) -> ResponseReturnValue:
    """What the account asked for, and what is open to it now."""
    return render(
        f"{FOLDER}/index.html",
        lines=list_own(access),
        open_now=list_open_cases(access.account_id),
        State=State,
    )


@bp.get("/own-cases")
@requires(Permission.CASE_LOOKS)
def own_cases(access: Access) -> ResponseReturnValue:
    """What is going on out of turn in the cases entrusted to the account: codes and colleagues, no
    person. Today shows it above everything else.
    """
    return render(
        f"{FOLDER}/own_cases.html",
        lines=list_of_own_cases(access),
        EmergencyReason=EmergencyReason,
        State=State,
    )


@bp.get("/new")
@requires(Permission.EMERGENCY_ASK)
def new(_access: Access) -> ResponseReturnValue:
    """The form to ask; the code is typed from paper."""
    return render(f"{FOLDER}/new.html", form=AskForm())


@bp.post("/new")
@requires(Permission.EMERGENCY_ASK)
def ask(access: Access) -> ResponseReturnValue:
    """Send it to the data-protection officers."""
    form = AskForm()
    done = carry_out(form, lambda: ask_to_open(access, form.answer()))
    if done != 303:
        return render(f"{FOLDER}/new.html", form=form), done
    flash(_("The data-protection officers see it now. Call one of them."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/decisions")
@requires(Permission.EMERGENCY_DECIDE)
def decisions(access: Access) -> ResponseReturnValue:
    """What waits for a data-protection officer, and what was settled."""
    officers = list_officers()
    return render(
        f"{FOLDER}/decisions.html",
        lines=list_open(access),
        settled=list_settled(access),
        officers=officers,
        is_entrusted=access.account_id in {officer.account_id for officer in officers},
        State=State,
    )


@bp.get("/<uuid:opening_id>")
@requires(Permission.EMERGENCY_DECIDE)
def show(access: Access, opening_id: UUID) -> ResponseReturnValue:
    """One opening: who asks for what and why, and what to decide."""
    line = get_line(access, opening_id)
    version = str(line.opening.version)
    decision, reviewing = DecisionForm(version=version), ReviewForm(version=version)
    return _page(access, line, decision=decision, reviewing=reviewing)


@bp.post("/<uuid:opening_id>/approve")
@requires(Permission.EMERGENCY_DECIDE)
def allow(access: Access, opening_id: UUID) -> ResponseReturnValue:
    """Open it for an hour."""
    line, form = get_line(access, opening_id), DecisionForm()
    opening = line.opening
    done = carry_out(
        form, lambda: approve(opening, form.note.data, by=access.actor), opening.version
    )
    if done != 303:
        return _page(access, line, decision=form), done
    flash(_("It is open for one hour. Its counselor is told."), "success")
    return redirect(url_for(".decisions"), 303)


@bp.post("/<uuid:opening_id>/decline")
@requires(Permission.EMERGENCY_DECIDE)
def refuse(access: Access, opening_id: UUID) -> ResponseReturnValue:
    """Decline it, with a word to whoever asked."""
    line, form = get_line(access, opening_id), DecisionForm()
    opening = line.opening
    done = carry_out(
        form, lambda: decline(opening, form.note.data, by=access.actor), opening.version
    )
    if done != 303:
        return _page(access, line, decision=form), done
    flash(_("It is declined."), "success")
    return redirect(url_for(".decisions"), 303)


@bp.post("/<uuid:opening_id>/review")
@requires(Permission.EMERGENCY_DECIDE)
def look_back(access: Access, opening_id: UUID) -> ResponseReturnValue:
    """Say afterwards whether it was in order."""
    line, form = get_line(access, opening_id), ReviewForm()
    opening = line.opening
    done = carry_out(
        form,
        lambda: review(opening, form.verdict.data, form.note.data, by=access.actor),
        opening.version,
    )
    if done != 303:
        return _page(access, line, reviewing=form), done
    flash(_("The review is kept."), "success")
    return redirect(url_for(".decisions"), 303)


def _page(
    access: Access,
    line: Line,
    *,
    decision: DecisionForm | None = None,
    reviewing: ReviewForm | None = None,
) -> str:
    opening = line.opening
    audit.record_read("emergency.read", "emergency_opening", [opening.id], by=access.actor)
    version, counselors = str(opening.version), list_counselors(opening)
    return render(
        f"{FOLDER}/show.html",
        line=line,
        opening=opening,
        counselors=counselors,
        deeds=list_deeds(opening),
        names=names_of([opening.decided_by, opening.reviewed_by, *counselors]),
        is_own=opening.asked_by == access.account_id,
        is_entrusted=opening.state is not State.WAITING or holds_recovery(access.account_id),
        decision=decision or DecisionForm(formdata=None, version=version),
        reviewing=reviewing or ReviewForm(formdata=None, version=version),
        EmergencyReason=EmergencyReason,
        ReviewVerdict=ReviewVerdict,
        State=State,
    )
