"""Papers of a case: a panel of the case, each saved and never shown inside a page."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.attachments.forms import PaperForm, RemovalForm
from casework.confidential.attachments.models import Attachment
from casework.confidential.attachments.operations import add_paper, remove_paper
from casework.confidential.attachments.queries import get_paper, list_papers, saved_as
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.core import audit
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.workbooks import send_file
from casework.vault.envelope import CannotOpen
from casework.vault.grants import NoKey

bp = Blueprint("attachments", __name__, url_prefix="/cases/<uuid:case_id>/attachments")
FOLDER = "confidential/attachments"


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The papers."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return render(f"{FOLDER}/list.html", case=case, person=person, lines=list_papers(case))


@bp.get("/new")
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form that adds one."""
    case = get_case(access, case_id)
    return _form(case, get_person(case, access), PaperForm(on=today()))


@bp.post("/new")
@requires(Permission.CASE_WRITE)
def add(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Keep the paper."""
    case, form = get_case(access, case_id), PaperForm()
    person = get_person(case, access)
    status = carry_out(
        form,
        lambda: add_paper(case, form.told(), by=access.actor),
    )
    if status != 303:
        return _form(case, person, form), status
    flash(_("The paper is kept."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.get("/<uuid:paper_id>")
@requires(Permission.CASE_READ)
def save(access: Access, case_id: UUID, paper_id: UUID) -> ResponseReturnValue:
    """The paper, to be saved. Leaves a row in the log first."""
    case = get_case(access, case_id)
    paper = get_paper(case, paper_id)
    if paper.removed_at is not None:
        raise OutOfReach
    audit.record_read("attachment.read", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    try:
        return send_file(paper.content, saved_as(case, paper), paper.media_type)
    except (CannotOpen, NoKey):
        return render(f"{FOLDER}/closed.html", case=case, person=None), 410


@bp.get("/<uuid:paper_id>/removal")
@requires(Permission.CASE_WRITE)
def removal(access: Access, case_id: UUID, paper_id: UUID) -> ResponseReturnValue:
    """What taking away means, and the button."""
    case = get_case(access, case_id)
    paper = get_paper(case, paper_id)
    return _removal(case, get_person(case, access), paper, RemovalForm())


@bp.post("/<uuid:paper_id>/removal")
@requires(Permission.CASE_WRITE)
def remove(access: Access, case_id: UUID, paper_id: UUID) -> ResponseReturnValue:
    """Take the paper away."""
    case, form = get_case(access, case_id), RemovalForm()
    paper, person = get_paper(case, paper_id), get_person(case, access)
    status = carry_out(form, lambda: remove_paper(case, paper, by=access.actor))
    if status != 303:
        return _removal(case, person, paper, form), status
    flash(_("The paper is taken away; its content is gone."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


def _removal(case: Case, person: PersonIdentity, paper: Attachment, form: RemovalForm) -> str:
    return render(f"{FOLDER}/removal.html", case=case, person=person, paper=paper, form=form)


def _form(case: Case, person: PersonIdentity, form: PaperForm) -> str:
    return render(f"{FOLDER}/form.html", case=case, person=person, form=form)
