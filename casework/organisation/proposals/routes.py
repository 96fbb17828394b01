"""What unit heads propose to the administrator: accounts, units, settings; and the answers."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.proposals.forms import AnswerForm, ProposalFilter, ProposalForm
from casework.organisation.proposals.models import ProposalStatus
from casework.organisation.proposals.operations import answer_proposal, propose
from casework.organisation.proposals.queries import (
    Proposed,
    get_proposal,
    list_own_units,
    list_proposals,
)

bp = Blueprint("proposals", __name__, url_prefix="/admin/proposals")
menu(
    _l("Proposals"),
    "proposals.index",
    lambda: can(Permission.PROPOSAL_READ),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/proposals"
# Nobody turns so many pages; the database can't skip more rows than it can count.
LAST_PAGE = 10_000


@bp.get("")
@requires(Permission.PROPOSAL_READ)
def index(access: Access) -> ResponseReturnValue:
    """Proposals within reach; whoever answers them sees those that wait, unless asked otherwise."""
    form = ProposalFilter(formdata=request.args)
    if "status" not in request.args and can(Permission.PROPOSAL_ANSWER):
        form.status.data = ProposalStatus.OPEN
    elif not form.validate():
        return _list(access, form, None), 422
    return _list(access, form, form.status.data)


@bp.get("/new")
@requires(Permission.PROPOSAL_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a proposal."""
    return _new_page(access, ProposalForm())


@bp.post("/new")
@requires(Permission.PROPOSAL_WRITE)
def make(access: Access) -> ResponseReturnValue:
    """Send the proposal to the administrator."""
    form = ProposalForm()
    form.offer(list_own_units(access))
    if not form.validate():
        return _new_page(access, form), 422
    proposal = propose(form.unit.data, form.kind.data, form.text.data, by=access.actor)
    flash(_("The proposal is sent. The answer will stand here."), "success")
    return redirect(url_for(".show", proposal_id=proposal.id), 303)


@bp.get("/<uuid:proposal_id>")
@requires(Permission.PROPOSAL_READ)
def show(access: Access, proposal_id: UUID) -> ResponseReturnValue:
    """A proposal with its answer, or the form for it."""
    found = get_proposal(access, proposal_id)
    return _page(found, _answer_form(found))


@bp.post("/<uuid:proposal_id>/answer")
@requires(Permission.PROPOSAL_ANSWER)
def answer(access: Access, proposal_id: UUID) -> ResponseReturnValue:
    """Say whether it was done."""
    found, form = get_proposal(access, proposal_id), AnswerForm()
    if not form.validate():
        return _page(found, form), 422
    try:
        form.check_version(found.proposal.version)
        outcome = ProposalStatus(form.outcome.data)
        answer_proposal(found.proposal, outcome, form.answer.data, by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(found.proposal.version)
        yours = [(_("Answer"), form.answer.data, found.proposal.answer)]
        return _page(found, form, conflict=yours), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _page(found, form), 422
    flash(_("The answer is kept."), "success")
    return redirect(url_for(".index"), 303)


def _list(access: Access, form: ProposalFilter, status: ProposalStatus | None) -> str:
    page = max(0, min(request.args.get("page", 0, type=int), LAST_PAGE))
    proposals, more = list_proposals(access, status, page)
    asked = form.status.data or ""
    return render(
        f"{FOLDER}/list.html",
        form=form,
        proposals=proposals,
        previous_url=url_for(".index", status=asked, page=page - 1) if page else "",
        next_url=url_for(".index", status=asked, page=page + 1) if more else "",
    )


def _new_page(access: Access, form: ProposalForm) -> str:
    form.offer(list_own_units(access))
    return render(f"{FOLDER}/new.html", form=form)


def _answer_form(found: Proposed) -> AnswerForm:
    form = AnswerForm()
    form.version.data = str(found.proposal.version)
    return form


def _page(
    found: Proposed, form: AnswerForm, *, conflict: list[tuple[str, str, str]] | None = None
) -> str:
    return render(f"{FOLDER}/proposal.html", found=found, form=form, conflict=conflict)
