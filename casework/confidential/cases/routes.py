"""The list of cases, the case page with its panels, correcting, assigning and closing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, current_identity, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.forms import CaseFilter, IdentityForm, SearchForm
from casework.confidential.cases.models import Case, CaseStatus, PersonIdentity, TargetGroup
from casework.confidential.cases.operations import (
    IDENTITY,
    correct_identity,
)
from casework.confidential.cases.queries import (
    PAGE,
    SEARCH_FROM,
    CaseLine,
    Turned,
    find_birth,
    find_cover,
    find_line,
    find_person,
    get_case,
    get_person,
    list_assignments,
    list_cases,
    may_write,
    search_cases,
    turn_page,
    unit_of,
)
from casework.confidential.history.queries import list_earlier
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.text import fold

bp = Blueprint("cases", __name__)
bp.app_context_processor(lambda: {"may_write": may_write, "find_cover": find_cover})
menu(_l("Cases"), "cases.index", lambda: can(Permission.CASE_LIST))


@bp.get("/cases")
@requires(Permission.CASE_LIST)
def index(access: Access) -> ResponseReturnValue:
    """The cases of the account (or, for a coordinator, of the unit), 25 a page."""
    shown = CaseFilter(request.args)
    lines = sorted(filter(shown.keeps, list_cases(access, closed=shown.closed)), key=shown.key)
    turned = turn_page(
        lines, shown.key, after=_line(access, "after"), before=_line(access, "before")
    )
    return _list(access, turned.lines, total=len(lines), shown=shown, turned=turned)


@bp.post("/cases/search")
@requires(Permission.CASE_LIST)
def search(access: Access) -> ResponseReturnValue:
    """The cases whose name, alias or code holds the words. Nothing typed here stands in an
    address.
    """
    form = SearchForm()
    words = form.words.data or ""
    if not form.validate():
        return _list(access, [], total=0, form=form), 422
    if len(fold(words)) < SEARCH_FROM:
        form.words.errors = [_("Type at least two letters.")]
        return _list(access, [], total=0, form=form), 422
    found = search_cases(access, words)
    return _list(access, found[:PAGE], total=len(found), form=form, searched=words)


@bp.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_LIST)
def show(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The case: its header, and panels that come from their features' own addresses."""
    case = get_case(access, case_id)
    person = find_person(case, current_identity().access(Permission.CASE_READ))
    if person is None:
        audit.record_read("case.overview", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    return render(
        "confidential/cases/show.html",
        case=case,
        person=person,
        unit=unit_of(case),
        assignments=list_assignments(case),
        CaseStatus=CaseStatus,
        TargetGroup=TargetGroup,
    )


@bp.get("/cases/<uuid:case_id>/identity")
@requires(Permission.CASE_WRITE)
def identity(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to correct who the person is."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return _identity(case, person, _identity_form(case, person))


@bp.post("/cases/<uuid:case_id>/identity")
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Save it, unless somebody saved before: then both texts are shown."""
    case = get_case(access, case_id)
    person, form = get_person(case, access), IdentityForm()

    def save() -> None:
        correct_identity(case, person, form.answer(), by=access.actor)

    status = carry_out(form, save, person.version)
    if status != 303:
        return _identity(case, person, form, conflict=status == 409), status
    return redirect(url_for(".show", case_id=case.id), 303)


def _line(access: Access, name: str) -> CaseLine | None:
    """The case that an address names as the end of another page, if it still is one's own."""
    case_id = request.args.get(name, type=UUID)
    return find_line(access, case_id) if case_id else None


def _list(
    access: Access,
    lines: Sequence[CaseLine],
    *,
    total: int,
    shown: CaseFilter | None = None,
    turned: Turned | None = None,
    form: SearchForm | None = None,
    searched: str = "",
) -> str:
    if lines:
        audit.record_list("case.list", "case", [line.id for line in lines], by=access.actor)
    return render(
        "confidential/cases/list.html",
        lines=lines,
        total=total,
        turned=turned,
        shown=shown or CaseFilter(formdata=None),
        form=form or SearchForm(formdata=None),
        searched=searched,
        today=today(),
        CaseStatus=CaseStatus,
    )


def _identity(
    case: Case, person: PersonIdentity, form: IdentityForm, *, conflict: bool = False
) -> str:
    saved = _identity_form(case, person, formdata=None)
    pairs = [
        (field.label.text, field.data, saved[field.name].data)
        for field in form
        if field.name in saved.answer()
    ]
    return render(
        "confidential/cases/identity.html",
        case=case,
        person=person,
        form=form,
        pairs=[pair for pair in pairs if pair[1] != pair[2]] if conflict else [],
        labels={name: saved[name].label.text for name in IDENTITY}
        | {"birth_date": saved.birth.label.text},
        earlier=list_earlier([person.id]) if person.version > 1 else [],
    )


def _identity_form(case: Case, person: PersonIdentity, **kwargs: Any) -> IdentityForm:
    return IdentityForm(obj=person, birth=find_birth(case), **kwargs)
